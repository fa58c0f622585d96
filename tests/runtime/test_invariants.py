"""What holds of every pod: random ones play random scripts and are stopped at random moments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from math import inf
from typing import Any

import attrs
import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedpod import events
from seedpod.events import StopReason
from seedpod.spec import Container, ContainerRestartRule, ContainerRestartRuleOnExitCodes, Pod
from seedpod.testing import Script, exits, refuses, runs
from tests.runtime.stage import Act, Story, app, at, play, pod, sidecar, stop

EXAMPLES = 8 * hypothesis.settings().max_examples
LAST_STOP = 500.0
"""Whoever still runs then is stopped, so that every example ends."""
SLOWEST_START = 2.0
CLOSINGS = (events.ContainerExited, events.ContainerStartAborted)
STEP = 0.001
"""Less than this apart is the same moment."""

STOP_DELAYS = (0, 0, 1, 3, 25, None)
START_DELAYS = (0, 0, 0, 1, SLOWEST_START)
ENDING = tuple(
    exits(code, after=after, stop_after=stop_after, start_after=start_after)
    for code in (0, 0, 1, 42)
    for after in (0, 0, 1, 4, 20)
    for stop_after in STOP_DELAYS
    for start_after in START_DELAYS
)
LASTING = tuple(
    runs(stop_after=stop_after, start_after=start_after)
    for stop_after in STOP_DELAYS
    for start_after in START_DELAYS
)
REFUSED = tuple(refuses("no such program", start_after=each) for each in START_DELAYS)
RULES = tuple(
    ContainerRestartRule(
        action="Restart",
        exit_codes=ContainerRestartRuleOnExitCodes(operator=operator, values=values),
    )
    for operator in ("In", "NotIn")
    for values in ((42,), (0, 1))
)
POLICIES = tuple(
    (policy, *rules)
    for policy in ("OnFailure", "Never", "Always")
    for rules in ((), *((rule,) for rule in RULES), RULES[:2])
)
SHAPES = tuple("".join(kinds) for length in range(5) for kinds in product("is", repeat=length))
# One draw from a large table instead of many small ones: most of the time went into those.
scripts = st.one_of(
    st.sampled_from(ENDING), st.sampled_from(ENDING + LASTING + REFUSED), st.sampled_from(LASTING)
)
many_scripts = st.lists(scripts, min_size=1, max_size=2).map(tuple)
app_policies: st.SearchStrategy[tuple[Any, ...]] = st.one_of(
    st.just((None,)), st.sampled_from(POLICIES)
)
init_policies: st.SearchStrategy[tuple[Any, ...]] = st.one_of(
    st.just((None,)), st.sampled_from([each for each in POLICIES if each[0] != "Always"])
)
moments = st.integers(0, 240).map(lambda quarters: quarters / 4)
stops = st.dictionaries(moments, st.sampled_from([None, 0, 1, 2, 3, 10, 40]), max_size=2)


@attrs.frozen(repr=False)
class Drama:
    """A pod, what its containers do, and what is done to it when."""

    pod: Pod
    scripts: Mapping[str, Sequence[Script]]
    stops: Mapping[float, float | None]
    """When a stop is asked for, and with which grace period."""
    cancel_at: float
    cancel_grace: float

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))

    def __str__(self) -> str:
        spec = self.pod.spec
        every = (*spec.init_containers, *spec.containers)
        lines = [f"{each.name} {_policy_of(each)} {self.scripts[each.name]}" for each in every]
        grace = spec.termination_grace_period_seconds
        lines.append(f"{spec.restart_policy}, {grace=}, {spec.active_deadline_seconds=}")
        lines.append(f"stops {self.stops}, cancelled {self.cancel_at} for {self.cancel_grace}")
        return "\n".join(lines)


def _policy_of(container: Container) -> str:
    rules = [f"{each.exit_codes}" for each in container.restart_policy_rules]
    return f"{container.restart_policy} {' '.join(rules)}"


@st.composite
def dramas(draw: st.DrawFn) -> Drama:
    kinds = draw(st.sampled_from(SHAPES))
    inits = [
        sidecar(f"s{index}") if kind == "s" else app(f"i{index}", *draw(init_policies))
        for index, kind in enumerate(kinds)
    ]
    apps = [app(f"x{index}", *draw(app_policies)) for index in range(draw(st.integers(1, 3)))]
    what = pod(
        *apps,
        inits=inits,
        policy=draw(st.sampled_from(["Always", "OnFailure", "Never", "Never"])),
        grace=draw(st.sampled_from([0, 1, 2, 5, 30, 40])),
        active_deadline_seconds=draw(st.sampled_from([None, None, None, 1, 7, 60])),
    )
    return Drama(
        what,
        {each.name: draw(many_scripts) for each in (*inits, *apps)},
        {**draw(stops), LAST_STOP: 1},
        draw(st.one_of(st.just(inf), moments)),
        draw(st.sampled_from([0.0, 1.0, 5.0])),
    )


@pytest.mark.parametrize("backend", ["trio", "asyncio"])
@hypothesis.settings(max_examples=EXAMPLES, report_multiple_bugs=False)
@given(drama=dramas())
def test_every_pod_keeps_the_rules(backend: str, drama: Drama) -> None:
    moments: dict[float, Act] = {when: stop(grace) for when, grace in drama.stops.items()}
    story = play(
        drama.pod,
        drama.scripts,
        backend=backend,
        moments=moments,
        cancel_at=drama.cancel_at,
        cancel_grace_seconds=drama.cancel_grace,
    )
    check_start_order(story)
    check_stop_order(story, drama.cancel_at)
    check_restarts(story)
    check_kills(story, drama.cancel_at)
    check_end(story, drama)
    check_last_status(story)
    check_calls(story)


def check_start_order(story: Story) -> None:
    """Nothing starts before every init container before it has succeeded (a sidecar: started)."""
    passed: set[str] = set()
    order = [each.name for each in story.pod.spec.init_containers]
    sidecars = {each for each in order if each.startswith("s")}
    for event in story.events:
        if isinstance(event, events.ContainerStarting):
            place = order.index(event.container) if event.container in order else len(order)
            assert passed >= set(order[:place]), event
        else:
            passed |= _passes(event, sidecars)


def _passes(event: events.Event, sidecars: set[str]) -> set[str]:
    """The container that later ones need not wait for after this event."""
    if isinstance(event, events.ContainerStarted) and event.container in sidecars:
        return {event.container}
    if isinstance(event, events.ContainerExited) and event.exit_code == 0:
        return {event.container}
    return set()


def check_stop_order(story: Story, until: float) -> None:
    """Within the grace period a sidecar is asked to stop after the apps and later sidecars."""
    order = [each.name for each in (*story.pod.spec.init_containers, *story.pod.spec.containers)]
    opened: set[str] = set()
    deadline = inf
    for event in story.events:
        if isinstance(event, events.ContainerStarting):
            opened.add(event.container)
        elif isinstance(event, CLOSINGS):
            opened.discard(event.container)
        elif isinstance(event, (events.PodStopping, events.PodGraceShortened)):
            deadline = min(deadline, event.deadline)
        elif isinstance(event, events.ContainerSignalled) and event.time < until:
            later = order[order.index(event.container) + 1 :]
            waits_for = {each for each in later if not each.startswith("i")} & opened
            is_early = event.container.startswith("s") and event.time < deadline - STEP
            assert not (is_early and waits_for), f"{event} before the end of {waits_for}"


def check_restarts(story: Story) -> None:
    """A container runs again when its policy says so, after the wait its back-off asks for."""
    [*stopping] = story.times(events.PodStopping)
    stopped_at = min([*stopping, story.end])
    spec = story.pod.spec
    for each in (*spec.init_containers, *spec.containers):
        starts = story.times(events.ContainerStarting, each.name)
        for number, (ended_at, code) in enumerate(story.exited(each.name)):
            due = ended_at + (min(10.0 * 2 ** (number - 1), 300.0) if number else 0.0)
            may = is_restarted(story.pod, each, code)
            latest = initialized_from(story, due) if each in spec.containers else due
            if len(starts) > number + 1:
                assert may
                assert due - STEP <= starts[number + 1] <= latest + STEP
            else:
                assert not may or latest >= stopped_at - STEP


def initialized_from(story: Story, due: float) -> float:
    """When an app that is due starts at the latest.

    It waits for the last init container, if that is a sidecar and no app runs to prove that the pod
    is initialized. A sidecar that ends in the moment it starts may have been enough.
    """
    inits = story.pod.spec.init_containers
    if not inits or not inits[-1].name.startswith("s"):
        return due
    proofs = [inits[-1].name, *(each.name for each in story.pod.spec.containers)]
    running = [span for name in proofs for span in spans(story, name)]
    return min((max(due, begin) for begin, end in running if end > due), default=inf)


def spans(story: Story, container: str) -> Iterator[tuple[float, float]]:
    """From when to when its attempts ran; those of no length are left out."""
    begin = inf
    for each in story.of(events.ContainerStarted, events.ContainerExited, container=container):
        if isinstance(each, events.ContainerStarted):
            begin = at(each)
        elif at(each) > begin:
            yield begin, at(each)
            begin = inf


def is_restarted(pod: Pod, container: Container, code: int) -> bool:
    if container.name.startswith("s"):
        return True
    if container.name.startswith("i") and code == 0:
        return False
    for rule in container.restart_policy_rules:
        asked = rule.exit_codes
        if asked is not None and (code in asked.values) is (asked.operator == "In"):
            return True
    policy = container.restart_policy or pod.spec.restart_policy
    return policy == "Always" or (policy == "OnFailure" and code != 0)


def check_kills(story: Story, until: float) -> None:
    """Nobody is killed before the grace period is over, nor within two seconds of the signal."""
    deadline = inf
    signalled: dict[str, float] = {}
    for event in story.events:
        if isinstance(event, (events.PodStopping, events.PodGraceShortened)):
            deadline = min(deadline, event.deadline)
        elif isinstance(event, events.ContainerSignalled):
            signalled[event.container] = event.time
        elif isinstance(event, events.ContainerKilled) and event.time < until:
            floor = signalled[event.container] + 2
            assert event.time == pytest.approx(max(deadline, floor))


def check_end(story: Story, drama: Drama) -> None:
    """Nothing of a pod is left two seconds after its grace period."""
    for moment, grace in drama.stops.items():
        seconds = drama.pod.spec.termination_grace_period_seconds if grace is None else grace
        allowed = max(seconds or 0, 1, SLOWEST_START) + 2
        if moment < drama.cancel_at:  # after a cancellation nobody is there to ask
            assert story.end <= moment + allowed + STEP or story.end < moment
    for each in story.of(events.PodStopping, events.PodGraceShortened):
        assert isinstance(each, events.PodStopping | events.PodGraceShortened)
        assert story.end <= max(each.deadline, each.time + SLOWEST_START) + 2 + STEP
    assert story.end <= max(drama.cancel_at, 0) + drama.cancel_grace + STEP
    deadline = drama.pod.spec.active_deadline_seconds
    grace = drama.pod.spec.termination_grace_period_seconds or 0
    if deadline is not None and deadline < drama.cancel_at:
        assert story.end <= deadline + max(grace, SLOWEST_START) + 2 + STEP


def check_last_status(story: Story) -> None:
    """A pod has succeeded if its apps have, in time; counts are numbers of attempts."""
    ends = [story.exited(each.name) for each in story.pod.spec.containers]
    reasons = [
        each.reason for each in story.of(events.PodStopping) if isinstance(each, events.PodStopping)
    ]
    is_late = StopReason.DEADLINE_EXCEEDED in reasons
    has_succeeded = not is_late and all(each and each[-1][1] == 0 for each in ends)
    assert story.status.phase == ("Succeeded" if has_succeeded else "Failed")
    assert story.status.reason == ("DeadlineExceeded" if is_late else "")
    assert len(reasons) <= 1
    for each in (*story.status.init_container_statuses, *story.status.container_statuses):
        attempts = len(story.exited(each.name))
        assert each.restart_count == max(attempts - 1, 0)
        assert not each.ready or each.name.startswith("i")


def check_calls(story: Story) -> None:
    """The executor was asked what the events say, at those moments."""
    calls = story.executor
    for name in story.pod.spec.init_containers + story.pod.spec.containers:
        assert calls.times("start", name.name) == story.started(name.name)
        assert calls.times("SIGKILL", name.name) == story.killed(name.name)
    ended = [at(each) for each in story.of(events.ContainerExited)]
    assert len(ended) >= len([each for each in calls.calls if each.what.startswith("exit")])
