"""Going on with a pod that was not begun here, or whose sandbox was lost.

Theory of operation: what is there is looked at once, and `_core.adoption` says what a kubelet would
do with it. That is told to each container as the part it has to play when the story of the pod
comes to it, so the story itself stays the same: a container may be found running and be adopted,
may have ended for good, or need not be waited for.

Source: kubelet, computePodActions.
"""

from __future__ import annotations

from anyio import create_task_group

from seedpod import events
from seedpod._core.adoption.actions import pod_actions
from seedpod._core.adoption.attempts import is_app_alive, newest_attempts
from seedpod._core.adoption.resumption import Resumption, resumptions
from seedpod._core.adoption.statuses import Look, app_statuses, init_statuses
from seedpod._runtime.attempt import run_once
from seedpod._runtime.container_run import ContainerRun
from seedpod._runtime.gate import Gate
from seedpod._runtime.pod_run import PodRun
from seedpod._runtime.stopping import end_containers
from seedpod.events import StopReason
from seedpod.spec import Pod
from seedpod.status import (
    FoundContainer,
    FoundPod,
    FoundSandbox,
    Running,
    Terminated,
    Termination,
    Waiting,
)
