"""What an engine has kept of a container's output begins with its time, entry by entry."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Final

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedpod.abc import Stream
from seedpod_docker._address import Address
from seedpod_docker._api import Api
from seedpod_docker._connection import Connection
from seedpod_docker._log import Entries, Log
from seedpod_docker._settings import Choices, EngineFacts
from tests.plugins.docker.fake_engine import Asked, answer, answer_json, chunk, head, served
from tests.plugins.docker.manifests import plan, pod

MOMENT: Final = int(datetime(2024, 2, 29, 12, 30, 15, tzinfo=UTC).timestamp()) * 10**9 + 250000000
TIME: Final = b"2024-02-29T12:30:15.250000000Z "

texts = st.lists(st.tuples(st.sampled_from([1, 2]), st.binary(max_size=20)), max_size=6)
places = st.lists(st.integers(0, 400), max_size=20)


def frame(stream: int, data: bytes) -> bytes:
    return struct.pack(">BxxxL", stream, len(data)) + data


def cut(data: bytes, where: Iterable[int]) -> list[bytes]:
    ends = sorted({0, len(data), *(min(place, len(data)) for place in where)})
    return [data[a:b] for a, b in pairwise(ends)]


def fed(pieces: Iterable[bytes], *, is_raw: bool = False) -> list[tuple[Stream, bytes, int]]:
    entries = Entries(is_raw=is_raw)
    return [*(each for piece in pieces for each in entries.feed(piece)), *entries.end()]


def of_terminal(data: bytes) -> list[tuple[bytes, int]]:
    return [(text, written) for _, text, written in fed([data], is_raw=True)]


@given(texts, places)
def test_any_cutting_of_any_frames_gives_the_same_entries(
    written: list[tuple[int, bytes]], where: list[int]
) -> None:
    data = b"".join(frame(stream, TIME + text) for stream, text in written)
    names: dict[int, Stream] = {1: "stdout", 2: "stderr"}
    assert fed(cut(data, where)) == [(names[stream], text, MOMENT) for stream, text in written]


@given(texts, places)
def test_any_cutting_of_any_lines_of_a_terminal_gives_the_same_entries(
    written: list[tuple[int, bytes]], where: list[int]
) -> None:
    lines = [text.replace(b"\n", b"") + b"\n" for _, text in written]
    data = b"".join(TIME + line for line in lines)
    assert fed(cut(data, where), is_raw=True) == [("stdout", line, MOMENT) for line in lines]


@pytest.mark.parametrize("text", [b"", b" ", b"  indented", b"2024 again", b"\xff\0", b"1%\r2%\r"])
def test_the_text_is_as_it_was_written(text: bytes) -> None:
    assert of_terminal(TIME + text + b"\n") == [(text + b"\n", MOMENT)]
    assert fed([frame(1, TIME + text)]) == [("stdout", text, MOMENT)]


def test_a_long_line_is_several_entries_and_none_has_a_time_in_it() -> None:
    data = [frame(1, TIME + b"a" * 16384), frame(2, TIME + b"err\n"), frame(1, TIME + b"b\n")]
    assert [text for _, text, _ in fed(data)] == [b"a" * 16384, b"err\n", b"b\n"]


def test_the_last_line_of_a_terminal_needs_no_end() -> None:
    assert of_terminal(TIME + b"one\n" + TIME + b"# ") == [(b"one\n", MOMENT), (b"# ", MOMENT)]


@pytest.mark.parametrize(
    "time",
    [
        "2024-02-29T12:30:15.25Z",
        "2024-02-29T12:30:15.2500000Z",
        "2024-02-29T12:30:15.250000000Z",
        "2024-02-29T13:30:15.250000000+01:00",
    ],
)
def test_a_time_may_have_any_number_of_digits_and_any_zone(time: str) -> None:
    assert of_terminal(f"{time} x\n".encode()) == [(b"x\n", MOMENT)]


@pytest.mark.parametrize(
    ("time", "nanoseconds"),
    [
        ("1970-01-01T00:00:01Z", 10**9),
        ("1970-01-01T00:00:01.123456789Z", 1_123_456_789),
        ("1970-01-01T00:00:01.000000001Z", 1_000_000_001),
    ],
)
def test_a_time_is_exact(time: str, nanoseconds: int) -> None:
    assert of_terminal(f"{time} x\n".encode()) == [(b"x\n", nanoseconds)]


class Story:
    """A container with a log, of an engine that answers what it is told to, in this order."""

    def __init__(self, path: Path, *answers: list[bytes], **app: object) -> None:
        self.app = app
        self.path = path / "s"
        self.answers = [*answers]
        self.written: list[tuple[str, bytes, float | None]] = []

    def respond(self, asked: Asked) -> list[bytes]:
        if asked.path == "/_ping":
            return [answer(200, Api_Version="1.47")]
        return self.answers.pop(0)

    def write(self, stream: str, data: bytes, time: float | None = None) -> None:
        self.written.append((stream, data, time))

    def run(self, backend: str) -> list[str]:
        """Follow the log to its end; return from when on it was asked for."""

        async def main(address: Address) -> None:
            async with Api.connected(address) as api:
                connection = Connection(api, EngineFacts(), Choices(), "owner")
                log = Log(connection, "/containers/c", plan(pod(self.app), write=self.write))
                await log.follow()
                assert log.is_over

        with served(self.path, self.respond) as engine:
            anyio.run(main, engine.address, backend=backend)
        return [each.query["since"] for each in engine.asked if each.path != "/_ping"]


START: Final = head(200, Transfer_Encoding="chunked")


def sent(stream: int, text: bytes, time: bytes = TIME) -> bytes:
    return chunk(frame(stream, time + text))


def test_a_log_is_read_to_its_last_word(tmp_path: Path, backend: str) -> None:
    frames = [sent(1, b"out\n"), sent(2, b"err\n"), sent(1, b"no end")]
    story = Story(tmp_path, [START, *frames, chunk(b"")])
    assert story.run(backend) == ["0"]
    at = MOMENT / 10**9
    assert story.written == [
        ("stdout", b"out\n", at),
        ("stderr", b"err\n", at),
        ("stdout", b"no end", at),
    ]


def test_after_a_cut_a_log_goes_on_behind_the_last_line(tmp_path: Path, backend: str) -> None:
    first = b"2024-02-29T12:30:15.123456789Z "
    story = Story(
        tmp_path,
        [START, sent(1, b"one\n", first), chunk(frame(1, TIME + b"two\n")[:-3])],
        [START, sent(1, b"two\n"), chunk(b"")],
    )
    assert story.run(backend) == ["0", "1709209815.123457789"]
    assert [data for _, data, _ in story.written] == [b"one\n", b"two\n"]


def test_a_container_that_is_gone_has_no_more_to_say(tmp_path: Path, backend: str) -> None:
    story = Story(tmp_path, [answer_json({"message": "No such container: c"}, 404)])
    assert story.run(backend) == ["0"]
    assert story.written == []


def test_the_log_of_a_terminal_has_no_frames(tmp_path: Path, backend: str) -> None:
    lines = [chunk(TIME + b"1%\r2%\r\n"), chunk(TIME + b"# ")]
    story = Story(tmp_path, [START, *lines, chunk(b"")], tty=True)
    assert story.run(backend) == ["0"]
    assert [data for _, data, _ in story.written] == [b"1%\r2%\r\n", b"# "]
