"""What a pod asks for that means nothing in an engine without a scheduler and a cluster."""

from __future__ import annotations

from typing import Final

from seedpod.spec import Pod, camel_case

_WITHOUT_EFFECT: Final = (
    "node_name",
    "node_selector",
    "affinity",
    "tolerations",
    "topology_spread_constraints",
    "scheduler_name",
    "scheduling_group",
    "workload_ref",
    "priority_class_name",
    "priority",
    "preemption_policy",
    "runtime_class_name",
    "service_account_name",
    "service_account",
    "automount_service_account_token",
    "dns_policy",
    "enable_service_links",
    "resource_claims",
)
_METADATA: Final = (
    "owner_references",
    "finalizers",
    "managed_fields",
    "deletion_timestamp",
    "deletion_grace_period_seconds",
)
_AS_DEFAULTED: Final = {"dns_policy": "ClusterFirst", "enable_service_links": True}


def without_effect(pod: Pod) -> tuple[str, ...]:
    """The paths of what *pod* sets, other than to its default, and the engine passes over."""
    found = [f"metadata.{camel_case(name)}" for name in _METADATA if is_set(pod.metadata, name)]
    found += [f"spec.{camel_case(name)}" for name in _WITHOUT_EFFECT if is_set(pod.spec, name)]
    if pod.status is not None:
        found.append("status")
    return tuple(found)


def is_set(owner: object, name: str) -> bool:
    """Whether the field says anything; a 0 or a False does, where it can also be None."""
    value: object = getattr(owner, name)
    return value not in (None, "", ()) and value != {} and value != _AS_DEFAULTED.get(name)
