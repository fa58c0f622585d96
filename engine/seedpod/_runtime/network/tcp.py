"""TCP probes: somebody answers at a port, and that is all.

Source: kubelet, pkg/probe/tcp.
"""

from __future__ import annotations

from anyio import move_on_after

from seedpod._core.action_texts import tcp_timed_out
from seedpod._runtime.network.connection import NetworkError, connect
from seedpod.status import Outcome, Result

_SUCCESS = Outcome(Result.SUCCESS)


async def tcp_probe(host: str, port: int, timeout_seconds: float) -> Outcome:
    """Open a connection to a port of a host, and close it.

    Cancellation: no connection is left.
    """
    try:
        with move_on_after(timeout_seconds):
            connection = await connect(host, port)
            connection.close()
            return _SUCCESS
    except NetworkError as error:
        return Outcome(Result.FAILURE, str(error))
    return Outcome(Result.FAILURE, tcp_timed_out(host, port))
