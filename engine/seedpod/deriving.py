"""What a kubelet works out of a description before a container runtime is asked, for executors.

A manifest says what is wanted; the kernel and container runtimes are told numbers, and one security
context where the manifest has two. Whoever writes an executor need not know Kubernetes' rules for
that.
"""

from __future__ import annotations

from seedpod._core.cgroup_values import CPU_PERIOD, GroupLimits, oom_score_adjustment
from seedpod._core.effective_security import EffectiveSecurity, effective_security
from seedpod._core.fields import containers_of, probes_and_hooks
from seedpod._core.hostname import hostname

__all__ = [
    "CPU_PERIOD",
    "EffectiveSecurity",
    "GroupLimits",
    "containers_of",
    "effective_security",
    "hostname",
    "oom_score_adjustment",
    "probes_and_hooks",
]
