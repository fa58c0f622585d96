"""What is said of actions that failed."""

from __future__ import annotations

import pytest

from seedpod._core.action_texts import (
    command_exited,
    command_timed_out,
    exec_hook_failed,
    hook_place,
    http_hook_failed,
    quoted,
    request_failed,
    tcp_timed_out,
)

PLACE = hook_place("web", "shop_default(u-1)")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", '"plain"'),
        ('say "hi"\\', r'"say \"hi\"\\"'),
        ("a\nb\tc\r\a\b\f\v", r'"a\nb\tc\r\a\b\f\v"'),
        ("\x00\x1b\x7f", r'"\x00\x1b\x7f"'),
        ("é ☃", '"é ☃"'),
        ("\u200b", r'"\u200b"'),
        ("\U000e0001", r'"\U000e0001"'),
    ],
)
def test_text_is_quoted_as_go_quotes_it(text: str, shown: str) -> None:
    assert quoted(text) == shown


def test_a_command_that_timed_out_is_named_with_its_time() -> None:
    expected = 'command timed out: "sleep 3" timed out after 1s'
    assert command_timed_out(("sleep", "3"), 1) == expected


def test_a_request_that_failed_is_named_with_its_url() -> None:
    assert request_failed("http://h:1/", "EOF") == 'Get "http://h:1/": EOF'


def test_a_port_where_nobody_answers_is_named() -> None:
    assert tcp_timed_out("::1", 80) == "dial tcp [::1]:80: i/o timeout"


def test_a_hook_that_failed_is_named_with_its_container_and_pod() -> None:
    problem = command_exited(("sh", "-c", "exit 5"), 5, "oh\n")
    assert exec_hook_failed(("sh", "-c", "exit 5"), PLACE, problem, "out\noh\n") == (
        'Exec lifecycle hook ([sh -c exit 5]) for Container "web" in Pod "shop_default(u-1)" '
        "failed - error: command 'sh -c exit 5' exited with 5: oh\n, message: \"out\\noh\\n\""
    )
    assert http_hook_failed("/bye", PLACE, "EOF") == (
        'HTTP lifecycle hook (/bye) for Container "web" in Pod "shop_default(u-1)" '
        "failed - error: EOF"
    )
