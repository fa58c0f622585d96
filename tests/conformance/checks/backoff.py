"""Restart back-off."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any, Final

from seedpod._core.backoff import (
    Backoff,
    BackoffState,
    advance,
    backoff_key,
    due_at,
    has_expired,
)
from seedpod._core.pull_backoff import pull_due_at
from seedpod.spec import Pod
from tests.conformance.rows import Json, Row, structured

_CHANCE: Final = 0.5
"""What is drawn each time, in rows with jitter."""


def check_steps(row: Row) -> None:
    found = walk(row.given)
    for index, wanted in enumerate(row.expect["steps"]):
        if isinstance(wanted, dict) and "atLeast" in wanted:
            assert found[index] >= wanted["atLeast"]
        elif isinstance(wanted, dict):
            assert_jittered(found, index, row.given, wanted["relativeToPrevious"])
        elif wanted is not None:
            assert found[index] == wanted


def check_crash_loop(row: Row) -> None:
    """Whether a container is held back now, `finishedSecondsAgo` after its exit."""
    given = row.given
    policy = Backoff(initial_seconds=given["initialSeconds"], cap_seconds=given["maxSeconds"])
    state: BackoffState | None = None
    for _ in range(given["failuresAlreadyRecordedAtFinish"]):
        state = advance(policy, state, 0.0, 0.0)
    container = given["container"]
    has_ended = container["state"] == "exited"
    is_held = has_ended and due_at(policy, state, 0.0) > container["finishedSecondsAgo"]
    assert is_held == row.expect["inBackoff"]


def check_configuration(row: Row) -> None:
    policy = Backoff.of_node(
        row.given.get("maxContainerRestartPeriodSeconds"),
        has_reduced_decay="ReduceDefaultCrashLoopBackOffDecay" in row.given.get("features", ()),
    )
    found = {"initialSeconds": policy.initial_seconds, "maxSeconds": policy.cap_seconds}
    assert found == row.expect


def check_same_history(row: Row) -> None:
    given = row.given
    before, after = given["pod"], given["after"]
    changed = deepcopy(before)
    for path, value in after["changes"].items():
        put(changed, path, value)
    found = key(before, given["container"]) == key(changed, after["container"])
    assert found == row.expect["same"]


def walk(given: Json) -> list[Any]:
    """The answers to every step: the state is None until the first failure is recorded."""
    policy = policy_of(given)
    state: BackoffState | None = None
    answers: list[Any] = []
    for step in given["steps"]:
        state = after(policy, state, step)
        answers.append(answer(policy, state, step))
    return answers


def policy_of(given: Json) -> Backoff:
    cap = given["maxSeconds"]
    # The row forgets as soon as so much has passed, we when more has.
    window = given.get("expireWhenElapsedAtLeastSeconds")
    return Backoff(
        initial_seconds=given["initialSeconds"],
        cap_seconds=cap,
        reset_seconds=2 * cap if window is None else math.nextafter(window, 0),
        jitter=given.get("maxJitterFactor", 0.0),
    )


def after(policy: Backoff, state: BackoffState | None, step: Json) -> BackoffState | None:
    """What is remembered after a step."""
    match step["op"]:
        case "next":
            return advance(policy, state, step["eventAt"], step["at"], _CHANCE)
        case "reset":
            return None
        case "gc" if state is not None and has_expired(policy, state, step["at"]):
            return None
        case _:
            return state


def answer(policy: Backoff, state: BackoffState | None, step: Json) -> Any:
    """What a step asks for, if it asks."""
    match step["op"]:
        case "get":
            return 0 if state is None else state.delay
        case "tracked":
            return state is not None
        case "inBackoffSince":
            return state is not None and due_at(policy, state, step["eventAt"]) > step["at"]
        case "inBackoffSinceUpdate":
            now = step.get("eventAt", step["at"])
            return pull_due_at(state, now, policy) > now
        case _:
            return None


def assert_jittered(found: list[Any], index: int, given: Json, wanted: Json) -> None:
    """A delay with jitter is strictly more than the plain one."""
    base = given["initialSeconds"] if wanted["base"] == "initial" else found[index - 2]
    plain = base * wanted["factor"]
    jitter = base * wanted["jitterMaxFractionOfBase"]
    assert plain < found[index] <= plain + jitter or found[index] == given["maxSeconds"]


def put(tree: Any, path: str, value: object) -> None:
    """Set what stands at *path*, such as `spec.containers[0].image`, making what leads there."""
    steps = [int(step) if step.isdigit() else step for step in re.findall(r"[^.\[\]]+", path)]
    for step in steps[:-1]:
        tree = tree[step] if isinstance(step, int) else tree.setdefault(step, {})
    tree[steps[-1]] = value


def key(raw: Json, name: str) -> object:
    pod = structured(Pod, raw)
    every = (*pod.spec.containers, *pod.spec.init_containers)
    return backoff_key(pod, next(each for each in every if each.name == name))


CHECKS: Final[Mapping[str, Callable[[Row], None]]] = {
    "backoff": check_steps,
    "crashLoop": check_crash_loop,
    "crashLoopConfig": check_configuration,
    "sameBackoffHistory": check_same_history,
}
