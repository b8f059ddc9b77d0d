"""The layout file."""

from __future__ import annotations

import pytest

from outcomes.errors import DefinitionError
from outcomes.loading.layouts.file import read_layout
from outcomes.loading.layouts.layout import (
    check_tie,
    find_column,
    hash_header,
    instrument_layout,
    named_instruments,
)

HEADER = ("Patient ID", "phq9_1", "7", "Datum")


def test_nothing_declared_is_a_layout_too():
    layout = read_layout(None, number=1)
    assert (layout.kind, named_instruments(layout), layout.rules.same_day_repeat) == (None, (), "refuse")


def test_a_layout_is_read_from_text_and_from_a_file(tmp_path):
    text = (
        'kind = "wide-items"\n[phq9]\ncoding = "1-4"\nlabels = { "most days" = 2 '
        '}\n[rules]\nsame_day_repeat = "first"\n'
    )
    path = tmp_path / "layout.toml"
    path.write_text(text)
    assert read_layout(text, number=1) == read_layout(path, number=1) == read_layout(str(path), number=1)
    assert instrument_layout(read_layout(path, number=1), "phq9").labels == {"most days": 2}


@pytest.mark.parametrize(
    ("text", "code", "key"),
    [
        ('kinds = "form"\n', "E601", "kinds"),
        ("[columns]\npatient = 1\n", "E601", "patient"),
        ("[phq10]\n", "E601", "phq10"),
        ('kind = "form"\nkind = "form"\n', "E602", ""),
        ('kind = "table"\n', "E603", "kind"),
        ('[rules]\nsame_day_repeat = "best"\n', "E603", "same_day_repeat"),
        ('[phq9]\ncoding = "0-4"\n', "E603", "phq9.coding"),
        ("[phq9]\nitems = [1, 2]\n", "E603", "phq9.items"),
        ("[gad7]\nitems = [1, 2, 3, 4, 5, 6, 6]\n", "E603", "gad7.items"),
        ('[gad7]\nlabels = { "very often" = 4 }\n', "E603", "gad7.labels"),
        ('[phq9]\nlabels = { "Not at all" = 3 }\n', "E603", "phq9.labels"),
        ('[phq9]\nlabels = { "3 - not  AT all" = 3 }\n', "E603", "phq9.labels"),
        ('[phq9]\nlabels = { "very often" = 2, "Very Often" = 3 }\n', "E603", "phq9.labels"),
        ('[columns]\ndate_format = "dmy"\n', "E603", "date_format"),
        ('[columns]\ndate_format = ""\n', "E603", "date_format"),
        ('[columns]\ndate_format = "%d/%m"\n', "E603", "date_format"),
        ('[columns]\ndate_format = ["%Y-%m-%d", "%H:%M"]\n', "E603", "date_format"),
    ],
)
def test_a_wrong_layout_is_refused_by_key_and_without_its_values(text, code, key):
    with pytest.raises(DefinitionError) as caught:
        read_layout(text, number=3)
    assert caught.value.code == code
    assert key in str(caught.value)
    assert "input-3" in str(caught.value)
    assert "very often" not in str(caught.value)


def test_labels_may_say_again_what_the_questionnaire_says(tmp_path):
    layout = read_layout('[phq9]\nlabels = { "not at all" = 0, "most days" = 2 }\n', number=1)
    assert instrument_layout(layout, "phq9").labels == {"not at all": 0, "most days": 2}


@pytest.mark.parametrize(
    "form", ["%d/%m/%Y", "%b %d, %y", "%Y-%m-%d %H:%M", "%d.%m.%Y %I:%M %p", "%x", "%j %Y"]
)
def test_a_format_that_can_say_a_day_is_accepted(form):
    assert read_layout(f'[columns]\ndate_format = "{form}"\n', number=1).columns.date_formats == (form,)


@pytest.mark.parametrize(
    ("ref", "position"),
    [
        ("Patient ID", 0),
        ("patient_id", 0),
        (1, 0),
        (4, 3),
        ("4", 3),
        ("7", 2),
        ("phq9_2", None),
        (5, None),
        (0, None),
        ("", None),
    ],
)
def test_a_column_is_named_by_header_or_position(ref, position):
    assert find_column(ref, HEADER) == position


def test_a_layout_is_tied_to_its_file_or_its_header(read):
    table = read("id,day,phq9_total\nA,0,12\n")
    check_tie(read_layout(f'sha256 = "{table.sha256}"\n', number=1), table)
    check_tie(
        read_layout(
            f'applies_to = "header"\nsha256 = "other"\nheader_sha256 = "{hash_header(table.header)}"\n',
            number=1,
        ),
        table,
    )
    for other in ('sha256 = "000000000000"\n', 'applies_to = "header"\nheader_sha256 = "000000000000"\n'):
        with pytest.raises(DefinitionError, match="E603"):
            check_tie(read_layout(other, number=1), table)
