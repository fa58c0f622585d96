"""What goes on beside a running attempt: its postStart hook, then its probes."""

from __future__ import annotations

from seedpod._core.grace import spec_grace
from seedpod._core.kill_messages import FAILED_HOOK
from seedpod._runtime.container_run import ContainerRun
from seedpod._runtime.gate import Gate
from seedpod._runtime.hooks import post_start, target_of
from seedpod._runtime.performing import Performer
from seedpod._runtime.probes import keep_probing, started
from seedpod._runtime.stopping import end_alone, end_if_judged
from seedpod.abc import ContainerKind, Workload


async def accompany(container: ContainerRun, workload: Workload, gate: Gate) -> None:
    """Keep a running attempt company until it ends; it is ended if its company finds it wanting.

    Cancellation: ends what goes on, and leaves the attempt as it is.
    """
    if not container.is_adopted and not await post_start(container, workload):
        gate.start_failed()
        pod = container.pod
        await end_alone(container, FAILED_HOOK, spec_grace(pod.pod.spec), container.cause)
        return
    if container.kind is ContainerKind.APP:
        gate.open(has_started=True)
    performer = Performer.of(container.spec, workload, target_of(container))
    if await started(container, performer):
        end_if_judged(container)
        gate.open(has_started=True)  # what follows a sidecar waits until it has *started*
        await keep_probing(container, performer)
