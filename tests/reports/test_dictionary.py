"""The data dictionary in docs/ is what the schema says."""

import outcomes as oc


def test_the_committed_data_dictionary_is_true(root, tmp_path):
    fresh = oc.write_data_dictionary(tmp_path / "d.md").read_text(encoding="utf-8")
    committed = (root / "docs" / "data-dictionary.md").read_text(encoding="utf-8")
    assert committed == fresh, 'run outcomes.write_data_dictionary("docs/data-dictionary.md")'


def test_every_column_has_a_meaning_and_a_maker():
    for schema in (oc.ITEMS, oc.SCORES, oc.INFUSIONS, oc.PATIENTS, oc.COURSES, oc.EVENTS, oc.LEDGER):
        for column in schema.columns:
            assert column.meaning and column.made_by, column.name
