"""The messages of the gRPC health checking protocol."""

from __future__ import annotations

import pytest

from seedpod._core.grpc_health import Failed, answer, failure, outcome_of, request_body, reset
from seedpod.status import Outcome, Result

OK = {":status": "200"}


def framed(message: bytes) -> bytes:
    return b"\x00" + len(message).to_bytes(4, "big") + message


def test_a_request_names_the_service() -> None:
    assert request_body("") == b"\x00\x00\x00\x00\x00"
    assert request_body("db") == framed(b"\x0a\x02db")
    long = "x" * 300
    assert request_body(long) == framed(b"\x0a\xac\x02" + long.encode())


def test_a_service_that_serves_is_healthy() -> None:
    assert answer(framed(b"\x08\x01")) == Outcome(Result.SUCCESS, "service healthy")


@pytest.mark.parametrize(
    ("message", "name"),
    [
        (b"", "UNKNOWN"),
        (b"\x08\x02", "NOT_SERVING"),
        (b"\x08\x03", "SERVICE_UNKNOWN"),
        (b"\x08\x07", "7"),
        (b"\x08\x80\x01", "128"),
        (b"\x08\x01\x08\x02", "NOT_SERVING"),  # of a field that comes twice, the last
    ],
)
def test_a_service_that_does_not_serve_is_not(message: bytes, name: str) -> None:
    expected = f'service unhealthy (responded with "{name}")'
    assert answer(framed(message)) == Outcome(Result.FAILURE, expected)


def test_fields_that_are_not_known_are_passed_over() -> None:
    unknown = b"\x12\x03abc" + b"\x1d\x00\x00\x00\x00" + b"\x21" + bytes(8) + b"\x28\x05"
    assert answer(framed(unknown + b"\x08\x01")).result is Result.SUCCESS


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x00\x00\x00\x00\x09\x08",
        framed(b"\x08\x01") * 2,
        b"\x01\x00\x00\x00\x02\x08\x01",
        framed(b"\x08"),
        framed(b"\x08" + b"\xff" * 10 + b"\x01"),
        framed(b"\x12\x09abc"),
        framed(b"\x0b"),
        framed(b"\x09\x00"),
    ],
)
def test_what_is_no_message_is_a_failure(body: bytes) -> None:
    found = answer(body)
    assert found.result is Result.FAILURE
    assert found.message.startswith("error: health rpc probe failed: rpc error: code = Internal")


@pytest.mark.parametrize(
    ("headers", "trailers", "failed"),
    [
        (OK, {"grpc-status": "0"}, None),
        (OK, {"grpc-status": "5", "grpc-message": "no %22db%22"}, Failed("NotFound", 'no "db"')),
        (OK | {"grpc-status": "12"}, {}, Failed("Unimplemented", "")),
        (OK, {"grpc-status": "99"}, Failed("Code(99)", "")),
        (OK, {}, Failed("Internal", "server closed the stream without sending trailers")),
        (
            {":status": "404"},
            {},
            Failed(
                "Unimplemented",
                "unexpected HTTP status code received from server: 404 (Not Found)",
            ),
        ),
        (
            {":status": "599"},
            {},
            Failed("Unknown", "unexpected HTTP status code received from server: 599 ()"),
        ),
    ],
)
def test_a_call_fails_as_its_trailers_say(
    headers: dict[str, str], trailers: dict[str, str], failed: Failed | None
) -> None:
    assert failure(headers, trailers) == failed


@pytest.mark.parametrize(
    ("failed", "text"),
    [
        (
            Failed("Unimplemented", "unknown service"),
            "error: this server does not implement the grpc health protocol "
            "(grpc.health.v1.Health): unknown service",
        ),
        (Failed("DeadlineExceeded", ""), "timeout: health rpc did not complete within 2s"),
        (
            Failed("NotFound", "unknown service"),
            "error: health rpc probe failed: rpc error: code = NotFound desc = unknown service",
        ),
    ],
)
def test_a_call_that_failed_is_a_failure(failed: Failed, text: str) -> None:
    assert outcome_of(failed, 2) == Outcome(Result.FAILURE, text)


def test_a_stream_that_is_reset_has_failed() -> None:
    assert reset(7).code == "Unavailable"
    assert reset(2).code == "Internal"
