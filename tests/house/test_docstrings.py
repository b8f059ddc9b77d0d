"""Every public function is documented, says what it raises, and its examples run."""

from __future__ import annotations

import ast
import doctest
import inspect
import textwrap

import pytest

import outcomes as oc

FUNCTIONS = dir(oc)


def test_every_public_name_can_be_imported():
    for name in oc.__all__:
        assert getattr(oc, name) is not None


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_public_function_is_documented(name):
    function = getattr(oc, name)
    doc = inspect.getdoc(function) or ""
    first = doc.splitlines()[0] if doc else ""
    assert first.endswith("."), "the first line is one sentence"
    for heading in (
        "Returns",
        "Examples",
        *(["Parameters"] if inspect.signature(function).parameters else []),
    ):
        assert f"\n{heading}\n" + "-" * len(heading) in doc, f"{name} lacks the section {heading}"
    documented = doc.split("\nParameters\n")[-1]
    for parameter in inspect.signature(function).parameters:
        assert parameter in documented, f"{name} does not document {parameter}"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_public_function_that_raises_says_so(name):
    function = getattr(oc, name)
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    if any(isinstance(node, ast.Raise) for node in ast.walk(tree)):
        assert "\nRaises\n------" in (inspect.getdoc(function) or ""), (
            f"{name} raises but has no section Raises"
        )


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_examples_run(name, root, monkeypatch, tmp_path):
    monkeypatch.chdir(root)
    function = getattr(oc, name)
    tests = doctest.DocTestFinder(recurse=False).find(function, name, globs={"tmp_path": tmp_path})
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    examples = 0
    for test in tests:
        examples += len(test.examples)
        runner.run(test)
    assert examples > 0, f"{name} has no example"
    assert runner.failures == 0
