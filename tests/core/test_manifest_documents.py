"""Text becomes plain values: YAML and JSON, one document or several, nothing overlooked."""

from __future__ import annotations

from typing import Any

import pytest

from seedpod._core.manifest.documents import documents
from seedpod.errors import ManifestError


def only(text: str) -> Any:
    [document] = documents(text, "test")
    assert document.problems == ()
    return document.content


def problems(text: str) -> list[str]:
    return [str(problem) for document in documents(text, "test") for problem in document.problems]


def refusal(text: str) -> str:
    with pytest.raises(ManifestError) as caught:
        documents(text, "test")
    return str(caught.value)


def test_empty_documents_are_passed_over() -> None:
    assert [each.content for each in documents("---\n---\na: b\n---\n# nothing\n", "test")] == [
        {"a": "b"}
    ]


def test_quoted_words_are_text() -> None:
    assert only("a: 'yes'\nb: \"1\"\nc: |\n  2\n") == {"a": "yes", "b": "1", "c": "2\n"}


def test_json_keeps_its_escapes_and_may_be_indented_with_tabs() -> None:
    assert only('{\n\t"a": "\\ud83d\\ude00\\/", "b": [1, 1.5, true, null]}') == {
        "a": "\U0001f600/",
        "b": [1, 1.5, True, None],
    }


def test_json_texts_may_follow_each_other() -> None:
    assert [each.content for each in documents('{"a": 1}\n{"b": 2}\n', "test")] == [
        {"a": 1},
        {"b": 2},
    ]


def test_a_flow_mapping_that_is_not_json_is_yaml() -> None:
    assert only("{a: 0755}") == {"a": 493}


def test_anchors_and_merge_keys_work() -> None:
    text = "base: &base {a: 1, b: 2}\nmade:\n  <<: *base\n  b: 3\nboth:\n  <<: [{b: 4}, *base]\n"
    assert only(text) == {
        "base": {"a": 1, "b": 2},
        "made": {"a": 1, "b": 3},
        "both": {"a": 1, "b": 4},
    }


def test_a_merge_key_wants_mappings() -> None:
    assert problems("a:\n  <<: [1]\n") == [
        "a[<<]: must be a mapping, or a list of mappings (line 2)"
    ]


def test_explicit_tags_are_honoured() -> None:
    text = "a: !!str 1\nb: !!int '2'\nc: !!float 3\nd: !!binary aGk=\ne: !!timestamp 2024-01-01\n"
    assert only(text) == {"a": "1", "b": 2, "c": 3.0, "d": "hi", "e": "2024-01-01"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: !!int x", "a: must be what its tag !!int says"),
        ("a: !!binary '*'", "a: must be base64 of UTF-8 text, as its tag !!binary says"),
        ("a: !vault x", "a: the tag !vault has no meaning here"),
        ("a: .nan", 'a: ".nan": must be a finite number; quote it if it is text'),
    ],
)
def test_a_scalar_that_means_nothing_is_a_problem(text: str, told: str) -> None:
    assert problems(text) == [told]


@pytest.mark.parametrize("text", ["a: !vault {b: c}", "a: !!set {b, c}", "a: !vault [b]"])
def test_a_collection_with_a_tag_is_a_problem(text: str) -> None:
    [told] = problems(text)
    assert told.startswith("a: the tag ")
    assert told.endswith("has no meaning here (line 1)")


def test_every_duplicate_key_is_a_problem_with_both_lines() -> None:
    assert problems("a: 1\nb: {c: 1, c: 2}\na: 2\n") == [
        "b.c: must appear only once: line 2 and line 2",
        "a: must appear only once: line 1 and line 3",
    ]


def test_duplicate_keys_of_json_are_found_too() -> None:
    assert problems('{"a": 1,\n "a": 2}') == ["a: must appear only once: line 1 and line 2"]


@pytest.mark.parametrize("key", ["on", "1", "1.5", "null", "[1]"])
def test_a_key_that_is_not_text_is_a_problem(key: str) -> None:
    [told] = problems(f"a:\n  {key}: b\n")
    assert told.startswith("a: ")
    assert "a key must be a string: put it in quotes (line 2)" in told


def test_aliases_do_not_multiply_without_bound() -> None:
    text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 30)
    )
    assert "aliases must not expand to more than 10000 values" in refusal(text)


def test_an_alias_to_what_holds_it_is_refused() -> None:
    assert "nested more than 100 levels" in refusal("a: &a [*a]\n")


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
def test_bottomless_nesting_is_refused(opening: str) -> None:
    assert refusal(opening * 100_000 + "x").count("\n") == 0


@pytest.mark.parametrize("bracket", ["[]", "{}"])
def test_bottomless_json_is_refused(bracket: str) -> None:
    inner = '{"a": ' if bracket == "{}" else "["
    text = '{"a": ' + inner * 5000 + "1" + bracket[1] * 5001
    assert "nested more than 100 levels" in refusal(text)


def test_ordinary_nesting_is_read() -> None:
    assert only("a: " + "[" * 98 + "]" * 98) is not None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: b: c", "test: line 1, column 5: mapping values are not allowed in this context"),
        ("a: [1", "test: line 2, column 1: did not find expected ',' or ']'"),
        ("a:\n\tb: 1", "YAML is indented with spaces, not tabs"),
        ("a: *b", "found undefined alias"),
        ("a: \x00", "test: "),
        ("a: \ud800", "test: must be text that UTF-8 can encode"),
        ('{"a": 1', "test: line 2, column 1: did not find expected ',' or '}'"),
    ],
)
def test_wrong_notation_is_refused_with_its_place(text: str, told: str) -> None:
    assert told in refusal(text)
