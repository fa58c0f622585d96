"""What the containers of a pod use, as far as whoever runs them can tell."""

from __future__ import annotations

from collections.abc import Mapping

from anyio import create_task_group

from seedpod._runtime.pod_run import PodRun
from seedpod.abc import CanMeasure
from seedpod.errors import ExecutorError
from seedpod.status import Usage


async def usage_of(pod: PodRun) -> Mapping[str, Usage]:
    """What each container of *pod* that runs uses, by its name, in the order of the spec.

    All are asked at once. One that cannot tell, or ends meanwhile, is left out.

    Cancellation: nothing is undone.
    """
    asked = {
        each.name: each.workload
        for each in pod.containers
        if each.workload is not None and isinstance(each.workload, CanMeasure)
    }
    told: dict[str, Usage | None] = dict.fromkeys(asked)

    async def ask(name: str, workload: CanMeasure) -> None:
        try:
            told[name] = await workload.usage()
        except ExecutorError:
            told[name] = None

    if len(asked) > 1:
        async with create_task_group() as group:
            for name, workload in asked.items():
                group.start_soon(ask, name, workload)
    else:
        for name, workload in asked.items():
            await ask(name, workload)
    return {name: usage for name, usage in told.items() if usage is not None}
