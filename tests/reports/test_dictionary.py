"""The data dictionary and the endpoint reference in docs/ are what schema, profiles and docstrings say."""

import outcomes as oc


def test_the_committed_data_dictionary_is_true(root, tmp_path):
    fresh = oc.write_data_dictionary(tmp_path / "d.md").read_text(encoding="utf-8")
    committed = (root / "docs" / "data-dictionary.md").read_text(encoding="utf-8")
    assert committed == fresh, 'run outcomes.write_data_dictionary("docs/data-dictionary.md")'


def test_every_column_has_a_meaning_and_a_maker():
    for schema in (oc.ITEMS, oc.SCORES, oc.INFUSIONS, oc.PATIENTS, oc.COURSES, oc.EVENTS, oc.LEDGER):
        for column in schema.columns:
            assert column.meaning and column.made_by, column.name


def test_the_committed_endpoint_reference_is_true(root, tmp_path):
    fresh = oc.write_endpoint_reference(tmp_path / "e.md").read_text(encoding="utf-8")
    committed = (root / "docs" / "endpoints.md").read_text(encoding="utf-8")
    assert committed == fresh, 'run outcomes.write_endpoint_reference("docs/endpoints.md")'


def test_the_endpoint_reference_has_a_formula_and_a_source_for_each_endpoint(root):
    text = (root / "docs" / "endpoints.md").read_text(encoding="utf-8")
    for name in ("derive_response", "derive_remission", "derive_reliable_change", "derive_recovery"):
        part = text.split(f"#### `{name}`")[1].split("####")[0]
        assert ">=" in part or "remission_op" in part
        assert "Sources:" in part, name
