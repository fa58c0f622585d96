"""`$(VAR)` in a manifest's strings."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from seedpod._core.expansion import expand, references

TEXTS = st.text(alphabet="$()AB \n", max_size=12)


def test_a_reference_becomes_its_value() -> None:
    assert expand("--name=$(NAME)!", {"NAME": "seed"}) == "--name=seed!"


def test_an_unknown_reference_stays_as_it_is() -> None:
    assert expand("$(A)$(B)", {"A": "1"}) == "1$(B)"


def test_two_dollar_signs_are_one_and_hide_a_reference() -> None:
    assert expand("$$(A) $$$(A) $$", {"A": "1"}) == "$(A) $1 $"


def test_a_value_is_not_expanded_again() -> None:
    assert expand("$(A)", {"A": "$(B)$$", "B": "2"}) == "$(B)$$"


def test_a_name_may_hold_anything_but_a_closing_parenthesis() -> None:
    assert expand("$(a b\n$()-$()", {"a b\n$(": "1", "": "2"}) == "1-2"


def test_other_dollar_signs_stay() -> None:
    assert expand("$A ${A} $(A $", {"A": "1"}) == "$A ${A} $(A $"


def test_text_without_a_dollar_sign_is_returned_as_it_is() -> None:
    text = "sleep 1"
    assert expand(text, {}) is text


def test_references_are_listed_in_order() -> None:
    assert references("$(B)/$(A)/$$(C)/$(B)/$(D") == ("B", "A", "B")


@given(TEXTS)
def test_nothing_but_escapes_changes_when_nothing_is_set(text: str) -> None:
    assert expand(text.replace("$", "$$"), {}) == text


@given(TEXTS)
def test_exactly_the_listed_references_are_asked_for(text: str) -> None:
    asked: list[str] = []

    class Asked(dict[str, str]):
        def get(self, key: str, default: str = "") -> str:  # type: ignore[override]
            asked.append(key)
            return default

    expand(text, Asked())
    assert tuple(asked) == references(text)
