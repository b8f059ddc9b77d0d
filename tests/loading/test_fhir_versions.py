"""Of several versions of one resource the latest counts, and none counts twice."""

from __future__ import annotations

import pytest

from tests.loading.fhir_examples import PHQ9, SCORES, bundle, items, observation, reasons_of, response

GOOD = [response(patient=f"G{n}") for n in range(12)]
OTHER = items(PHQ9, (*SCORES[::-1][1:], 0))


def version(number: str = "", updated: str = "", **more) -> dict:
    """One version of a response."""
    meta = {key: value for key, value in (("versionId", number), ("lastUpdated", updated)) if value}
    return response(**{"id": "r", "meta": meta, **more})


FIRST = version("1")
LATER = {"asked": OTHER, "authored": "2026-03-04", "status": "amended"}


@pytest.mark.parametrize(
    ("versions", "reasons"),
    [
        ([FIRST, version("2", **LATER)], ["duplicate", "used"]),
        ([version("10", **LATER), version("9")], ["used", "duplicate"]),
        ([version("1"), version("2"), version("3", **LATER)], ["duplicate", "duplicate", "used"]),
        ([FIRST, version("2", status="entered-in-error")], ["duplicate", "not_completed"]),
        ([version("1", status="in-progress"), version("2", **LATER)], ["not_completed", "used"]),
        (
            [
                version("x", "2026-03-04T23:30:00-05:00", **LATER),
                version("y", "2026-03-05T01:00:00.123456789Z"),
            ],
            ["used", "duplicate"],
        ),
        ([version("x"), version("y", **LATER)], ["conflicting_duplicate"] * 2),
        ([version("1"), version("", **LATER)], ["conflicting_duplicate"] * 2),
        ([FIRST, version("1", **LATER)], ["conflicting_duplicate"] * 2),
        ([FIRST, version("2", patient="P2")], ["conflicting_duplicate"] * 2),
        ([FIRST, version("1", patient="P2")], ["used", "used"]),
        ([FIRST, FIRST], ["used", "duplicate"]),
        ([version(), version(**LATER)], ["used", "used"]),
    ],
    ids=[
        "in order", "numbers are no text", "three", "withdrawn", "finished", "by time", "no order",
        "no version", "one version twice", "another patient", "two servers", "copies", "no versions",
    ],
)  # fmt: skip
def test_the_latest_version_counts(load_fhir, versions, reasons):
    cohort = load_fhir(bundle(*GOOD, *versions))
    assert reasons_of(cohort)[len(GOOD) :] == reasons


def test_observations_have_versions_too(load_fhir):
    made = [observation("44261-6", n, id="o", meta={"versionId": str(n)}, effectiveDateTime=f"2026-03-0{n}")
            for n in (1, 2)]  # fmt: skip
    cohort = load_fhir(bundle(*made))
    assert (reasons_of(cohort), cohort.scores["total"].tolist()) == (["duplicate", "used"], [2])
    assert any("1 earlier versions" in note for note in cohort.notes)


def test_one_id_on_two_servers_is_no_version(load_fhir):
    content = bundle(version("1"), version("2", patient="P2"))
    for server, entry in zip("ab", content["entry"], strict=True):
        entry["fullUrl"] = f"https://{server}.test/QuestionnaireResponse/r"
    assert reasons_of(load_fhir(content)) == ["used", "used"]
