"""Virtual time: hours pass in no time, and what can never end says so."""

from __future__ import annotations

import anyio
import pytest

from seedpod.testing import run_virtual


def test_an_hour_passes_at_once(backend: str) -> None:
    async def main() -> float:
        start = anyio.current_time()
        await anyio.sleep(3600)
        return anyio.current_time() - start

    assert run_virtual(main, backend=backend) == 3600


def test_arguments_and_results_are_passed_on(backend: str) -> None:
    async def add(left: int, right: int) -> int:
        return left + right

    assert run_virtual(add, 1, 2, backend=backend) == 3


def test_a_wait_that_nothing_can_end_is_an_error(backend: str) -> None:
    async def main() -> None:
        await anyio.sleep(5)
        await anyio.Event().wait()

    with pytest.raises(RuntimeError, match="every task waits and nothing will wake one"):
        run_virtual(main, backend=backend)


def test_a_wait_among_tasks_that_nothing_can_end_is_an_error(backend: str) -> None:
    async def main() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(anyio.Event().wait)
            group.start_soon(anyio.sleep, 5)

    with pytest.raises(RuntimeError, match="every task waits and nothing will wake one"):
        run_virtual(main, backend=backend)


def test_waiting_until_all_others_wait_is_no_stall(backend: str) -> None:
    async def main() -> bool:
        async with anyio.create_task_group() as group:
            group.start_soon(anyio.Event().wait)
            await anyio.wait_all_tasks_blocked()
            group.cancel_scope.cancel()
        return True

    assert run_virtual(main, backend=backend)


def test_an_error_leaves_as_it_was_raised(backend: str) -> None:
    async def main() -> None:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        run_virtual(main, backend=backend)
