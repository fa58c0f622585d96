"""Two streams come in one, and are told apart wherever it is cut."""

from __future__ import annotations

import struct
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedpod_docker._frames import Frames

NAMES = {0: "stdout", 1: "stdout", 2: "stderr", 3: "stdout"}
"""The last is what an engine has to say itself."""

frames = st.lists(st.tuples(st.sampled_from(sorted(NAMES)), st.binary(max_size=40)), max_size=8)


def encoded(written: Iterable[tuple[int, bytes]]) -> bytes:
    return b"".join(struct.pack(">BxxxL", stream, len(data)) + data for stream, data in written)


def cut(data: bytes, places: Iterable[int]) -> list[bytes]:
    places = sorted(min(place, len(data)) for place in places)
    return [data[a:b] for a, b in zip([0, *places], [*places, len(data)], strict=True)]


def joined(pieces: Iterable[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """The same bytes, with what follows each other in one stream in one piece."""
    found: list[tuple[str, bytes]] = []
    for stream, data in pieces:
        if found and found[-1][0] == stream:
            found[-1] = (stream, found[-1][1] + data)
        elif data:
            found.append((stream, data))
    return found


@given(frames, st.lists(st.integers(0, 400), max_size=30))
def test_any_cutting_of_any_frames_gives_the_same_streams(
    written: list[tuple[int, bytes]], places: list[int]
) -> None:
    reader = Frames()
    pieces = [piece for data in cut(encoded(written), places) for piece in reader.feed(data)]
    assert joined(pieces) == joined((NAMES[stream], data) for stream, data in written)


def test_what_arrives_is_passed_on_before_the_frame_is_whole() -> None:
    reader = Frames()
    data = encoded([(2, b"hello")])
    assert list(reader.feed(data[:7])) == []
    assert list(reader.feed(data[7:10])) == [("stderr", b"he")]
    assert list(reader.feed(data[10:])) == [("stderr", b"llo")]


def test_a_long_frame_has_its_length_with_the_most_significant_byte_first() -> None:
    reader = Frames()
    assert list(reader.feed(b"\1\0\0\0\0\1\0\1")) == []
    assert [*reader.feed(b"x" * 65537), *reader.feed(encoded([(2, b"y")]))] == [
        ("stdout", b"x" * 65537),
        ("stderr", b"y"),
    ]


@pytest.mark.parametrize("data", [b"", b"hello", encoded([(2, b"no head")])])
def test_a_terminal_has_one_stream_and_no_frames(data: bytes) -> None:
    assert list(Frames(is_raw=True).feed(data)) == [("stdout", data)]
