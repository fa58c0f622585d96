"""The protocols a plugin implements, and the values it is handed.

An executor runs containers. The engine enters three blocks, one inside the other: `open_pod` for
what the containers of a pod share, `start` for one attempt of one container, and between entering
and leaving the latter it waits and signals. Leaving a block means that what it owned is gone.

Small on purpose: further powers are further protocols (`CanOpen`, `CanExec`, ...), of an executor,
a sandbox or a workload, and what an executor lacks is refused by name when a pod is submitted.
"""

from __future__ import annotations

from seedpod.abc._executor import Executor as Executor
from seedpod.abc._executor import Sandbox as Sandbox
from seedpod.abc._executor import Signal as Signal
from seedpod.abc._executor import Workload as Workload
from seedpod.abc._executor_powers import CanAddress as CanAddress
from seedpod.abc._executor_powers import CanAdopt as CanAdopt
from seedpod.abc._executor_powers import CanAdoptContainer as CanAdoptContainer
from seedpod.abc._executor_powers import CanBeLost as CanBeLost
from seedpod.abc._executor_powers import CanOpen as CanOpen
from seedpod.abc._executor_powers import CanOutlive as CanOutlive
from seedpod.abc._executor_powers import CanPromise as CanPromise
from seedpod.abc._executor_powers import CanReview as CanReview
from seedpod.abc._executor_powers import CanShowFile as CanShowFile
from seedpod.abc._executor_powers import CanSweep as CanSweep
from seedpod.abc._executor_powers import HasAddresses as HasAddresses
from seedpod.abc._executor_powers import Leftover as Leftover
from seedpod.abc._images import CanPull as CanPull
from seedpod.abc._images import ImagePull as ImagePull
from seedpod.abc._images import PullProgress as PullProgress
from seedpod.abc._images import RegistryCredentials as RegistryCredentials
from seedpod.abc._observer import Observer as Observer
from seedpod.abc._plan import ContainerKind as ContainerKind
from seedpod.abc._plan import ContainerPlan as ContainerPlan
from seedpod.abc._plan import LogSink as LogSink
from seedpod.abc._plan import Mount as Mount
from seedpod.abc._plan import PodContext as PodContext
from seedpod.abc._plan import Stream as Stream
from seedpod.abc._workload_powers import Action as Action
from seedpod.abc._workload_powers import ActionHandler as ActionHandler
from seedpod.abc._workload_powers import CanDescribe as CanDescribe
from seedpod.abc._workload_powers import CanExec as CanExec
from seedpod.abc._workload_powers import CanMeasure as CanMeasure
from seedpod.abc._workload_powers import CanPerform as CanPerform
from seedpod.abc._workload_powers import OutputSink as OutputSink
from seedpod.abc._workload_powers import WorkloadDescription as WorkloadDescription
