"""What a kubelet works out of a description before a container runtime is asked, for executors.

A manifest says what is wanted; the kernel and container runtimes are told numbers, and one security
context where the manifest has two. Whoever writes an executor need not know Kubernetes' rules for
that.
"""

from __future__ import annotations

from seedpod._core.cgroup_values import CPU_PERIOD as CPU_PERIOD
from seedpod._core.cgroup_values import GroupLimits as GroupLimits
from seedpod._core.cgroup_values import oom_score_adjustment as oom_score_adjustment
from seedpod._core.effective_security import EffectiveSecurity as EffectiveSecurity
from seedpod._core.effective_security import effective_security as effective_security
from seedpod._core.hostname import hostname as hostname

__all__ = [
    "CPU_PERIOD",
    "EffectiveSecurity",
    "GroupLimits",
    "effective_security",
    "hostname",
    "oom_score_adjustment",
]
