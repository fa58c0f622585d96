"""What a series of occurrences is shown as: counted, combined, dropped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TypeAlias

import attrs
from hypothesis import given
from hypothesis import strategies as st

from seedpod._core.kubernetes_events import KubernetesEvents
from seedpod._core.kubernetes_events.correlation import MOST_KEPT
from seedpod.events import (
    ContainerImagePulled,
    ContainerProbeFailed,
    ContainerStarted,
    ContainerStopping,
    Event,
    PodBlocked,
)
from seedpod.spec import ObjectMeta, Pod
from seedpod.spec.words import ProbeKind
from seedpod.status import KubernetesEvent
from tests.core.sketches import container, sidecar, spec

POD = Pod(
    metadata=ObjectMeta(name="web", namespace="shop", uid="u-1"),
    spec=spec(container("a"), container("b"), inits=(container("i"), sidecar("s"))),
)
START = 1_800_000_000.1
"""The seconds since 1970 of some day: large, and no binary fraction."""
PREFIX = "(combined from similar events): "


@attrs.define(eq=False)
class Life:
    """What happens to one pod; `at` is in seconds from its start."""

    known: KubernetesEvents = attrs.field(factory=KubernetesEvents)

    def unhealthy(self, message: str, at: float = 0, of: str = "a") -> None:
        """A Warning with a message of its own."""
        self.see(ContainerProbeFailed(0, START + at, None, of, ProbeKind.LIVENESS, message))

    def pulled(self, message: str, at: float = 0, of: str = "a") -> None:
        """A Normal event with a message of its own."""
        self.see(ContainerImagePulled(0, START + at, None, of, "image", message))

    def killing(self, at: float = 0, of: str = "a") -> None:
        """A Normal event of another reason."""
        self.see(ContainerStopping(0, START + at, None, of, "Stopping", START + at))

    def see(self, event: Event) -> None:
        self.known.observe(POD, event)

    @property
    def listing(self) -> tuple[KubernetesEvent, ...]:
        return self.known.listing()

    @property
    def counts(self) -> list[tuple[str, int]]:
        """The messages, without what is the same in all, and how often each was."""
        return [
            (each.message.replace("Liveness probe failed: ", ""), each.count)
            for each in self.listing
        ]


def moment(at: float) -> datetime:
    return datetime.fromtimestamp(START + at, UTC)


def test_nothing_has_happened_at_first() -> None:
    assert KubernetesEvents().listing() == ()


def test_an_occurrence_is_an_event_with_its_container() -> None:
    life = Life()
    life.unhealthy("no", at=3)
    assert life.listing == (
        KubernetesEvent(
            type="Warning",
            reason="Unhealthy",
            message="Liveness probe failed: no",
            count=1,
            first_timestamp=moment(3),
            last_timestamp=moment(3),
            container="a",
            field_path="spec.containers{a}",
        ),
    )


def test_the_field_path_says_where_the_container_is_in_the_spec() -> None:
    life = Life()
    for name in ("i", "s", "b"):
        life.killing(of=name)
    assert [(each.container, each.field_path) for each in life.listing] == [
        ("i", "spec.initContainers{i}"),
        ("s", "spec.initContainers{s}"),
        ("b", "spec.containers{b}"),
    ]


def test_an_event_of_the_pod_names_no_container() -> None:
    life = Life()
    life.see(PodBlocked(0, START, None, "FailedMount", "no such volume"))
    [event] = life.listing
    assert (event.reason, event.container, event.field_path) == ("FailedMount", "", "")


def test_one_event_of_ours_can_be_two() -> None:
    life = Life()
    life.see(ContainerStarted(0, START, None, "a", 0, "id"))
    assert [each.reason for each in life.listing] == ["Created", "Started"]


def test_the_same_again_is_counted() -> None:
    life = Life()
    for at in (1, 5, 1000):
        life.unhealthy("no", at)
    [event] = life.listing
    assert event.count == 3
    assert (event.first_timestamp, event.last_timestamp) == (moment(1), moment(1000))


def test_what_differs_in_container_reason_or_message_is_another_event() -> None:
    life = Life()
    life.pulled("x")
    life.pulled("y")
    life.pulled("x", of="b")
    life.killing()
    assert [each.count for each in life.listing] == [1, 1, 1, 1]


def test_what_occurred_last_is_listed_last() -> None:
    life = Life()
    life.unhealthy("one", 1)
    life.unhealthy("two", 2)
    life.unhealthy("one", 3)
    assert life.counts == [("two", 1), ("one", 2)]


def test_the_tenth_different_message_is_combined() -> None:
    life = Life()
    for number in range(1, 12):
        life.unhealthy(f"m{number}", number)
    assert life.counts[:9] == [(f"m{number}", 1) for number in range(1, 10)]
    [combined] = life.listing[9:]
    assert combined.message == f"{PREFIX}Liveness probe failed: m11"
    assert combined.count == 2
    assert (combined.first_timestamp, combined.last_timestamp) == (moment(10), moment(11))


def test_messages_that_were_told_by_themselves_stay_so() -> None:
    life = Life()
    for number in range(1, 12):
        life.unhealthy(f"m{number}")
    life.unhealthy("m1", 5)
    life.unhealthy("m10", 6)
    assert life.counts[-2:] == [("m1", 2), (f"{PREFIX}m10", 3)]


def test_the_messages_of_all_containers_count_together() -> None:
    life = Life()
    for number in range(1, 10):
        life.unhealthy(f"m{number}", of="a")
    life.unhealthy("m10", of="s")
    life.unhealthy("m11", of="b")
    *_, combined = life.listing
    assert combined.message == f"{PREFIX}Liveness probe failed: m11"
    assert (combined.container, combined.field_path) == ("s", "spec.initContainers{s}")


def test_a_message_of_two_containers_is_one_message_and_two_events() -> None:
    life = Life()
    for number in range(1, 9):
        life.unhealthy(f"m{number}")
    life.unhealthy("same", of="a")
    life.unhealthy("same", of="b")
    assert life.counts[-2:] == [("same", 1), ("same", 1)]


def test_messages_of_another_reason_do_not_count() -> None:
    life = Life()
    for number in range(1, 10):
        life.pulled(f"m{number}")
    life.killing()
    assert [each.message for each in life.listing[-2:]] == ["m9", "Stopping"]


def test_after_600_quiet_seconds_messages_are_told_one_by_one_again() -> None:
    life = Life()
    for number in range(1, 11):
        life.unhealthy(f"m{number}")
    life.unhealthy("still", 599.9)
    assert life.counts[-1] == (f"{PREFIX}still", 2)
    life.unhealthy("again", 1200.1)
    assert life.counts[-1] == ("again", 1)


def test_it_is_the_newest_occurrence_that_600_seconds_are_counted_from() -> None:
    life = Life()
    for number in range(10):
        life.unhealthy(f"m{number}", 599 * number)
    assert life.counts[-1] == (f"{PREFIX}m9", 1)


def test_what_is_combined_later_goes_on_with_the_combined_event_of_before() -> None:
    life = Life()
    for number in range(10):
        life.unhealthy(f"m{number}")
    for number in range(10):
        life.unhealthy(f"n{number}", 700)
    assert life.counts[-1] == (f"{PREFIX}n9", 2)
    assert life.listing[-1].first_timestamp == moment(0)


def test_25_events_of_a_type_are_shown_at_once_and_no_more() -> None:
    life = Life()
    for at in range(40):
        life.unhealthy("no", at)
    [event] = life.listing
    assert (event.count, event.last_timestamp) == (25, moment(24))


def test_one_more_is_shown_every_300_seconds_and_tells_of_those_that_were_not() -> None:
    life = Life()
    for _ in range(30):
        life.unhealthy("no")
    life.unhealthy("no", 299.9)
    assert life.listing[0].count == 25
    life.unhealthy("no", 300)
    assert (life.listing[0].count, life.listing[0].last_timestamp) == (32, moment(300))
    life.unhealthy("no", 599.9)
    assert life.listing[0].count == 32
    life.unhealthy("no", 600)
    assert life.listing[0].count == 34


@given(st.floats(1.5e9, 2.5e9), st.lists(st.floats(0, 299), max_size=30))
def test_300_seconds_are_enough_however_many_were_dropped(
    start: float, dropped: list[float]
) -> None:
    life = Life()
    for at in (*[0] * 25, *sorted(dropped), 300):
        life.see(PodBlocked(0, start + at, None, "FailedMount", "no such volume"))
    assert life.listing[0].count == 26 + len(dropped)


def test_an_event_that_was_dropped_is_shown_when_it_occurs_again() -> None:
    life = Life()
    for _ in range(25):
        life.unhealthy("no")
    life.unhealthy("other", 1)
    assert life.counts == [("no", 25)]
    life.unhealthy("other", 301)
    assert life.counts == [("no", 25), ("other", 2)]
    assert life.listing[-1].first_timestamp == moment(1)


def test_no_more_than_25_are_saved_up() -> None:
    life = Life()
    life.unhealthy("no")
    for _ in range(30):
        life.unhealthy("no", 1_000_000)
    assert life.listing[0].count == 26


def test_containers_and_reasons_share_the_25_and_the_other_type_has_its_own() -> None:
    life = Life()
    for number in range(12):
        life.pulled("x", number, of="a")
        life.killing(number, of="b")
    life.pulled("x", 12, of="b")
    life.killing(13, of="i")
    assert sum(each.count for each in life.listing) == 25
    life.unhealthy("no", 14)
    assert life.counts[-1] == ("no", 1)


def test_a_pod_that_is_always_unhealthy_keeps_a_bounded_record() -> None:
    life = Life()
    for number in range(MOST_KEPT + 5):
        life.unhealthy(f"m{number}", 700 * number)
    assert len(life.listing) == MOST_KEPT
    assert (life.counts[0][0], life.counts[-1][0]) == ("m5", f"m{MOST_KEPT + 4}")


happenings = st.lists(
    st.tuples(
        st.sampled_from(["unhealthy", "pulled", "killing"]),
        st.sampled_from("abis"),
        st.integers(0, 15),
        st.one_of(st.just(0.0), st.floats(0, 700)),
    ),
    max_size=60,
)
"""What, of which container, with which message, and how long after the one before."""
Happened: TypeAlias = list[tuple[str, str, int, float]]


def lived(happened: Happened, life: Life) -> Iterator[None]:
    """Let *life* see one after the other."""
    now = 0.0
    for what, of, message, passed in happened:
        now += passed
        match what:
            case "killing":
                life.killing(now, of)
            case "pulled":
                life.pulled(f"m{message}", now, of)
            case _:
                life.unhealthy(f"m{message}", now, of)
        yield


@given(happenings)
def test_counts_add_up_to_what_occurred_unless_some_was_dropped(happened: Happened) -> None:
    life = Life()
    for _ in lived(happened, life):
        pass
    shown = Counter[str]()
    for each in life.listing:
        shown[each.type] += each.count
    occurred = Counter("Warning" if each[0] == "unhealthy" else "Normal" for each in happened)
    for type_, number in occurred.items():
        assert shown[type_] == number if number <= 25 else 25 <= shown[type_] <= number


@given(happenings)
def test_an_occurrence_moves_one_event_to_the_end_or_is_dropped(happened: Happened) -> None:
    life = Life()
    before: tuple[KubernetesEvent, ...] = ()
    for _ in lived(happened, life):
        new = [each for each in life.listing if each not in before]
        gone = [each for each in before if each not in life.listing]
        assert new == list(life.listing[-1:]) or new == gone == []
        assert all(was.count < each.count for was, each in zip(gone, new, strict=False))
        assert len(gone) <= len(new)
        before = life.listing


@given(happenings)
def test_timestamps_are_in_order(happened: Happened) -> None:
    life = Life()
    for _ in lived(happened, life):
        pass
    last = [each.last_timestamp for each in life.listing]
    assert last == sorted(last)
    assert all(each.first_timestamp <= each.last_timestamp for each in life.listing)
    assert all(
        each.count > 1 or each.first_timestamp == each.last_timestamp for each in life.listing
    )
