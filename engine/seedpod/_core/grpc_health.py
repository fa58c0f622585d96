"""The gRPC health checking protocol: its two messages, and what a probe makes of the answer.

Source: grpc/proto/grpc/health/v1/health.proto; gRPC, PROTOCOL-HTTP2.md and
http-grpc-status-mapping.md; kubelet, pkg/probe/grpc.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Final
from urllib.parse import unquote

import attrs

from seedpod._core.action_texts import quoted
from seedpod._core.backoff import go_duration
from seedpod.status import Outcome, Result

PATH: Final = "/grpc.health.v1.Health/Check"
MAXIMUM_ANSWER: Final = 10 * 1024
"""In bytes; a health service answers with two."""

_CODES: Final = (
    "OK",
    "Canceled",
    "Unknown",
    "InvalidArgument",
    "DeadlineExceeded",
    "NotFound",
    "AlreadyExists",
    "PermissionDenied",
    "ResourceExhausted",
    "FailedPrecondition",
    "Aborted",
    "OutOfRange",
    "Unimplemented",
    "Internal",
    "Unavailable",
    "DataLoss",
    "Unauthenticated",
)
_CODE_OF_HTTP_STATUS: Final = {
    400: "Internal",
    401: "Unauthenticated",
    403: "PermissionDenied",
    404: "Unimplemented",
    429: "Unavailable",
    502: "Unavailable",
    503: "Unavailable",
    504: "Unavailable",
}
_CODE_OF_RESET: Final = {
    3: "ResourceExhausted",  # FLOW_CONTROL_ERROR
    7: "Unavailable",  # REFUSED_STREAM
    8: "Canceled",  # CANCEL
    11: "ResourceExhausted",  # ENHANCE_YOUR_CALM
    12: "PermissionDenied",  # INADEQUATE_SECURITY
}
_SERVING_STATUSES: Final = ("UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN")


@attrs.frozen
class Failed:
    """How a call failed, in gRPC's words."""

    code: str
    """`Unavailable`, `NotFound`, ..."""
    message: str


class _MalformedError(ValueError):
    """Bytes are no message."""


def request_body(service: str) -> bytes:
    """A request for the health of *service*, as it is sent; the empty name is the server."""
    name = service.encode()
    message = b"\x0a" + _varint(len(name)) + name if name else b""
    return b"\x00" + len(message).to_bytes(4, "big") + message


def failure(headers: Mapping[str, str], trailers: Mapping[str, str]) -> Failed | None:
    """How a call failed whose answer is complete, by its headers and trailers; None: it did not."""
    status = headers.get(":status", "")
    if status != "200":
        code = _CODE_OF_HTTP_STATUS.get(int(status) if status.isdecimal() else 0, "Unknown")
        shown = f"{status} ({_phrase(status)})"
        return Failed(code, f"unexpected HTTP status code received from server: {shown}")
    ending = trailers or headers
    number = ending.get("grpc-status", "")
    if number == "0":
        return None
    if not number.isdecimal():
        return Failed("Internal", "server closed the stream without sending trailers")
    code = _CODES[int(number)] if int(number) < len(_CODES) else f"Code({number})"
    return Failed(code, unquote(ending.get("grpc-message", "")))


def reset(error_code: int) -> Failed:
    """How a call failed whose stream the server reset."""
    code = _CODE_OF_RESET.get(error_code, "Internal")
    return Failed(code, f"stream terminated by RST_STREAM with error code: {error_code}")


def answer(body: bytes) -> Outcome:
    """What the body of a call that did not fail says of the service's health."""
    try:
        status = _serving_status(body)
    except _MalformedError as error:
        return Outcome(Result.FAILURE, _call_failed(Failed("Internal", str(error))))
    if status == 1:
        return Outcome(Result.SUCCESS, "service healthy")
    name = _SERVING_STATUSES[status] if status < len(_SERVING_STATUSES) else str(status)
    return Outcome(Result.FAILURE, f"service unhealthy (responded with {quoted(name)})")


def outcome_of(failed: Failed, seconds: float) -> Outcome:
    """What a probe that was allowed so many seconds says of a call that failed."""
    if failed.code == "Unimplemented":
        text = (
            "error: this server does not implement the grpc health protocol "
            f"(grpc.health.v1.Health): {failed.message}"
        )
    elif failed.code == "DeadlineExceeded":
        text = call_timed_out(seconds)
    else:
        text = _call_failed(failed)
    return Outcome(Result.FAILURE, text)


def call_timed_out(seconds: float) -> str:
    """The service did not answer in time."""
    return f"timeout: health rpc did not complete within {go_duration(seconds)}"


def connecting_timed_out(address: str, seconds: float) -> str:
    """No connection was made in time; a refused one is tried again as long as there is time."""
    within = go_duration(seconds)
    where = f"service {quoted(address)}"
    return f"timeout: failed to connect {where} within {within}: context deadline exceeded"


def _call_failed(failed: Failed) -> str:
    error = f"rpc error: code = {failed.code} desc = {failed.message}"
    return f"error: health rpc probe failed: {error}"


def _serving_status(body: bytes) -> int:
    """The number in the first field of the one message that *body* is to hold."""
    if len(body) < 5 or len(body) != 5 + int.from_bytes(body[1:5], "big"):
        raise _MalformedError("cardinality violation: received no response message")
    if body[0] != 0:
        raise _MalformedError("grpc: the message is compressed, which was not asked for")
    status = 0
    for field, value in _fields(body[5:]):
        if field == 1 and isinstance(value, int):
            status = value
    return status


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The number and the value of each field of a protobuf message."""
    at = 0
    while at < len(message):
        key, at = _read_varint(message, at)
        kind = key & 7
        if kind == 0:
            number, at = _read_varint(message, at)
            yield key >> 3, number
            continue
        size = {1: 8, 5: 4}.get(kind)
        if kind == 2:
            size, at = _read_varint(message, at)
        if size is None or at + size > len(message):
            raise _MalformedError("grpc: failed to unmarshal the received message")
        yield key >> 3, message[at : at + size]
        at += size


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    """A number that begins at *at*, and where the rest begins."""
    number = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            break
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, at
    raise _MalformedError("grpc: failed to unmarshal the received message")


def _varint(number: int) -> bytes:
    found = bytearray()
    while number >= 0x80:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    found.append(number)
    return bytes(found)


def _phrase(status: str) -> str:
    try:
        return HTTPStatus(int(status)).phrase
    except ValueError:
        return ""
