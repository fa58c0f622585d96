"""Every event can be written as a line of JSON."""

from __future__ import annotations

import inspect
import json
from datetime import UTC, datetime
from typing import Any, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedpod import events
from seedpod.cli.record import as_object
from seedpod.events import ContainerEvent, Event
from seedpod.spec import ObjectMeta, Pod
from seedpod.status import (
    ContainerState,
    ContainerUser,
    LinuxContainerUser,
    Running,
    Terminated,
    Waiting,
)

POD = Pod(metadata=ObjectMeta(name="web", namespace="shop", uid="u-1"))
USER = ContainerUser(linux=LinuxContainerUser(uid=7, supplemental_groups=(8, 9)))
SINCE = Running(datetime.fromtimestamp(0, UTC))
_SPECIAL: dict[object, st.SearchStrategy[object]] = {
    float: st.floats(0, 4e9),
    float | None: st.none() | st.floats(0, 4e9),
    Pod: st.just(POD),
    ContainerState: st.sampled_from([Waiting("R", "m"), SINCE, Terminated(3, "Error")]),
    ContainerUser | None: st.sampled_from([None, USER, ContainerUser()]),
}
_OBSERVED = [
    each
    for each in vars(events).values()
    if inspect.isclass(each)
    and issubclass(each, Event)
    and each not in {Event, ContainerEvent, events.Snapshot}
]


def written(event: Event) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(json.dumps(as_object(POD, event)))
    return made


@pytest.mark.parametrize("of", _OBSERVED)
@given(data=st.data())
def test_every_event_is_json(of: type[Event], data: st.DataObject) -> None:
    fields: dict[str, Any] = {
        name: data.draw(_SPECIAL[kind] if kind in _SPECIAL else st.from_type(kind))
        for name, kind in get_type_hints(of).items()
    }
    made = written(of(**fields))
    assert made["kind"] == of.__name__
    assert made["pod"] == {"namespace": "shop", "name": "web", "uid": "u-1"}
    assert made["sequence"] == fields["sequence"]


def test_the_state_of_a_container_is_named_as_in_a_status() -> None:
    found = written(events.ContainerFound(0, 1.0, None, "app", SINCE, 2))
    assert found["state"] == {"running": {"startedAt": "1970-01-01T00:00:00.000000Z"}}
    ended = written(events.ContainerFound(0, 1.0, None, "app", Terminated(3, "Error"), 2))
    assert ended["state"]["terminated"]["exitCode"] == 3


def test_the_user_of_a_container_is_written_as_in_a_status() -> None:
    started = written(events.ContainerStarted(0, 1.0, None, "app", 0, "id", user=USER))
    assert started["user"] == {"linux": {"uid": 7, "gid": 0, "supplementalGroups": [8, 9]}}


def test_moments_are_dates_and_lists_are_lists() -> None:
    signalled = written(events.ContainerSignalled(0, 1.0, None, "app", "SIGTERM", 31.5))
    assert (signalled["signal"], signalled["deadline"]) == (
        "SIGTERM",
        "1970-01-01T00:00:31.500000Z",
    )
    updated = written(events.PodUpdated(0, 1.0, None, ("metadata.labels",), POD))
    assert updated["fields"] == ["metadata.labels"]
