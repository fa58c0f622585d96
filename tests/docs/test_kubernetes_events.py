"""The page of Kubernetes' events lists those that are made, and what they are made from."""

from __future__ import annotations

import re

import attrs

from seedpod import events
from seedpod._core.kubernetes_events import occurrences
from seedpod._core.kubernetes_events.translation import RULES
from seedpod.spec import ObjectMeta, Pod
from seedpod.status import KubernetesEvent
from tests.core.happenings import EXAMPLES
from tests.core.sketches import container, spec
from tests.docs.pages import ROOT

_PAGE = (ROOT / "docs/reference/kubernetes-events.md").read_text()
_ROWS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in _PAGE.splitlines()
    if re.search(r"^\| `\w+` \| (Normal|Warning) \|", line)
]
_POD = Pod(metadata=ObjectMeta(name="web"), spec=spec(container("app", image="X")))


def test_every_event_that_is_made_is_in_the_page_and_no_other() -> None:
    made = {(f"`{each.reason}`", each.type) for one in EXAMPLES for each in occurrences(_POD, one)}
    assert {(reason, type_) for reason, type_, _, _ in _ROWS} == made


def test_every_event_that_something_is_made_from_is_named() -> None:
    named = {
        word
        for *_, made_from in _ROWS
        for word in re.findall(r"`(\w+)`", made_from)
        if hasattr(events, word)
    }
    assert named == {each.__name__ for each in RULES}


def test_every_reason_to_wait_is_in_the_row_of_what_it_makes() -> None:
    for one in EXAMPLES:
        if isinstance(one, events.ContainerWaiting):
            of_it = [reason for reason, _, _, made_from in _ROWS if one.reason in made_from]
            for each in occurrences(_POD, one):
                assert f"`{each.reason}`" in of_it or f"Error: {one.reason}" == each.message


def test_every_field_is_in_the_page() -> None:
    assert [
        field.name
        for field in attrs.fields(KubernetesEvent)
        if not re.search(rf"^\| .*`{field.name}`.* \|", _PAGE, re.MULTILINE)
    ] == []
