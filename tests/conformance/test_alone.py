"""Two sessions on one machine wait for each other."""

from __future__ import annotations

import os
import threading

from tests.conformance.alone import alone


def test_whoever_comes_second_waits_for_the_first() -> None:
    name = f"\0seedpod-test-{os.getpid()}"
    story: list[str] = []
    is_waiting = threading.Event()

    def second() -> None:
        is_waiting.set()
        with alone(name):
            story.append("second in")

    thread = threading.Thread(target=second)
    with alone(name):
        thread.start()
        is_waiting.wait()
        thread.join(0.2)
        story.append("first out")
    thread.join()
    assert story == ["first out", "second in"]


def test_a_claim_that_was_given_up_can_be_taken_again() -> None:
    name = f"\0seedpod-test-{os.getpid()}"
    for _ in range(2):
        with alone(name):
            pass
