"""`seedpod run` on a terminal: a table that stays, under lines that scroll by."""

from __future__ import annotations

import re
from pathlib import Path

from tests.cli.shell import on_terminal, pod, write_pod

_POLITE = "trap 'exit 0' TERM; echo armed; while :; do sleep 0.05; done"
_REDRAW = re.compile(r"\r\x1b\[(\d+)A\x1b\[J")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def frames(out: str) -> list[list[str]]:
    """What was written between two erasures, without colours."""
    parts = _REDRAW.split(out)[::2]
    return [_COLOUR.sub("", part).splitlines() for part in parts]


def test_a_table_of_containers_stands_under_the_lines(tmp_path: Path) -> None:
    file = write_pod(tmp_path, pod(init="echo fetched", web="echo served"))
    with on_terminal("run", file) as terminal:
        assert terminal.finish() == 0
    *_, last = frames(terminal.out)
    header, fetch, web = last[-3:]
    assert header.split() == ["KIND", "NAME", "STATE", "READY", "RESTARTS", "AGE"]
    assert fetch.split()[:4] == ["init", "fetch", "Completed", "yes"]
    assert web.split()[:3] == ["app", "web", "Completed"]


def test_the_lines_of_a_container_are_prefixed_in_a_colour_of_its_own(tmp_path: Path) -> None:
    file = write_pod(tmp_path, pod(init="echo fetched", web="echo served"))
    with on_terminal("run", file) as terminal:
        terminal.finish()
    assert "\x1b[36mfetch\x1b[0m\x1b[2m | \x1b[0mfetched" in terminal.out
    assert "\x1b[35mweb  \x1b[0m\x1b[2m | \x1b[0mserved" in terminal.out


def test_a_container_that_has_not_started_says_what_it_waits_for(tmp_path: Path) -> None:
    file = write_pod(tmp_path, pod(init=_POLITE, web="true"))
    with on_terminal("run", file) as terminal:
        terminal.until("armed")
        terminal.until("init container fetch to succeed")
        terminal.type("\x03")
        assert terminal.finish() == 130


def test_each_frame_erases_the_one_before(tmp_path: Path) -> None:
    with on_terminal("run", write_pod(tmp_path, pod(web="echo a; sleep 0.2; echo b"))) as terminal:
        terminal.finish()
    heights = [int(height) for height in _REDRAW.findall(terminal.out)]
    assert heights
    assert set(heights) == {2}  # the header and one container


def test_a_narrower_terminal_is_erased_as_it_has_broken_the_lines(tmp_path: Path) -> None:
    with on_terminal("run", write_pod(tmp_path, pod(web=_POLITE)), columns=100) as terminal:
        terminal.until("armed")
        terminal.until("KIND")
        terminal.resize(30, 20)
        seen = len(terminal.out)
        terminal.until("\x1b[J", after=seen)
        terminal.type("\x03")
        assert terminal.finish() == 130
    heights = [int(height) for height in _REDRAW.findall(terminal.out[seen:])]
    assert heights[0] > 2


def test_a_narrow_terminal_gets_a_narrow_table(tmp_path: Path) -> None:
    with on_terminal("run", write_pod(tmp_path, pod(web="true")), columns=40) as terminal:
        terminal.finish()
    table = frames(terminal.out)[-1][-2:]
    assert [len(line) < 40 for line in table] == [True, True]
    assert table[0].split() == ["NAME", "STATE", "RESTARTS"]


def test_more_containers_than_lines_are_counted(tmp_path: Path) -> None:
    apps = {f"app{number}": "sleep 0.3" for number in range(20)}
    with on_terminal("run", write_pod(tmp_path, pod(**apps)), lines=12) as terminal:
        assert terminal.finish() == 0
    last = frames(terminal.out)[-1]
    table = last[[line.startswith("KIND") for line in last].index(True) :]
    assert len(table) == 6
    assert table[-1].strip() == "and 16 more"


def test_a_container_cannot_disturb_the_table(tmp_path: Path) -> None:
    nasty = (
        r"printf '\033[2J\033[5A\033]0;title\007\033[31mred\033[0m\n';"
        r"printf '10%%\r20%%\r30%%\n'; printf '\tdone\b\a\n'"
    )
    with on_terminal("run", write_pod(tmp_path, pod(web=nasty))) as terminal:
        terminal.finish()
    assert "\x1b[2J" not in terminal.out
    assert "\x1b[5A" not in terminal.out
    assert "\x1b]" not in terminal.out
    assert "\a" not in terminal.out
    lines = [line for frame in frames(terminal.out) for line in frame if line.startswith("web |")]
    assert lines == ["web | red", "web | 30%", "web |         done"]
    assert "\x1b[31mred\x1b[0m" in terminal.out


def test_no_color_is_honoured(tmp_path: Path) -> None:
    file = write_pod(tmp_path, pod(web=r"printf '\033[31mred\033[0m\n'"))
    with on_terminal("run", file, NO_COLOR="1") as terminal:
        terminal.finish()
    assert _COLOUR.findall(terminal.out) == []
    assert "web | red" in terminal.out


def test_a_dumb_terminal_gets_plain_lines(tmp_path: Path) -> None:
    with on_terminal("run", write_pod(tmp_path, pod(web="echo served")), TERM="dumb") as terminal:
        assert terminal.finish() == 0
    assert "\x1b" not in terminal.out
    assert "web | served\r\n" in terminal.out


def test_quiet_has_no_table(tmp_path: Path) -> None:
    file = write_pod(tmp_path, pod(web="echo served"))
    with on_terminal("run", "--quiet", file) as terminal:
        assert terminal.finish() == 0
    assert terminal.out == "web | served\r\n"


def test_the_stop_and_its_deadline_stand_above_the_table(tmp_path: Path, backend: str) -> None:
    file = write_pod(tmp_path, pod(web=_POLITE))
    with on_terminal("run", file, "--backend", backend) as terminal:
        terminal.until("armed")
        terminal.type("\x03")
        assert terminal.finish() == 130
    shown = [line for frame in frames(terminal.out) for line in frame]
    assert "stopping: up to 30 s; Ctrl-C again kills" in shown


def test_the_second_ctrl_c_kills_and_leaves_a_whole_table(tmp_path: Path) -> None:
    stubborn = "trap '' TERM; echo armed; while :; do sleep 0.05; done"
    with on_terminal("run", write_pod(tmp_path, pod(web=stubborn))) as terminal:
        terminal.until("armed")
        terminal.type("\x03")
        terminal.until("stopping: up to")
        terminal.type("\x03")
        assert terminal.finish() == 130
    last = frames(terminal.out)[-1]
    assert last[-1].split()[:4] == ["app", "web", "Error", "(137)"]
