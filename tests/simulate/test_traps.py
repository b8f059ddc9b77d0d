"""The made-up counterparts of public exports give exactly what they must, as the public ones do."""

from __future__ import annotations

import json

import pytest

import outcomes as oc
from outcomes.simulate.traps import build_traps

TRAPS = {f"{trap.name}, seed {seed}": trap for seed in (1, 7) for trap in build_traps(seed)}


def write(tmp_path, trap):
    path = tmp_path / "export.csv"
    path.write_bytes(trap.text.encode())
    return path


@pytest.mark.parametrize("name", [name for name, trap in TRAPS.items() if not trap.refused])
def test_a_trap_asks_first_and_then_gives_its_numbers(name, tmp_path):
    trap = TRAPS[name]
    path = write(tmp_path, trap)
    assert set(trap.asks) <= {problem.code for problem in oc.inspect_source(path).questions}
    scores = oc.load_cohort(path, layout=trap.layout).scores
    found = {
        id: (len(rows), *(int(part) for part in (
            rows["total"].notna().sum(), rows["total"].isna().sum(), rows["total"].sum(), rows["total"].max()
        )))
        for id, rows in scores.groupby("instrument")
    }  # fmt: skip
    assert found == trap.expected


@pytest.mark.parametrize("name", [name for name, trap in TRAPS.items() if trap.refused])
def test_a_trap_without_our_numbers_is_refused(name, tmp_path):
    trap = TRAPS[name]
    with pytest.raises(oc.OutcomesError) as caught:
        oc.load_cohort(write(tmp_path, trap), layout=trap.layout or None)
    assert trap.refused in [problem.code for problem in caught.value.found]


def test_the_same_seed_writes_the_same_files_and_says_what_they_give(tmp_path):
    folders = [oc.simulate_traps(tmp_path / name, seed=3) for name in ("one", "two")]
    names = [sorted(path.name for path in folder.iterdir()) for folder in folders]
    assert names[0] == names[1]
    assert all((folders[0] / name).read_bytes() == (folders[1] / name).read_bytes() for name in names[0])
    told = json.loads((folders[0] / "expected.json").read_text())
    assert {f"{name}.csv" for name in told} <= set(names[0])
    with pytest.raises(oc.ReportError, match="new or empty"):
        oc.simulate_traps(folders[0])
