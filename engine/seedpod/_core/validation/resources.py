"""What is wrong with requests and limits of a container.

Source: kubernetes, pkg/apis/core/validation: ValidateContainerResourceRequirements.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from seedpod._core.validation import text
from seedpod._core.validation.report import (
    duplicate,
    forbidden,
    invalid,
    not_found,
    required,
)
from seedpod.errors import Problem
from seedpod.spec.quantity import Quantity
from seedpod.spec.resources import ResourceRequirements

HUGEPAGES: Final = "hugepages-"
_STANDARD: Final = frozenset({"cpu", "memory", "ephemeral-storage"})
_COMPUTE: Final = frozenset({"cpu", "memory"})
_WANTED_NAME: Final = (
    "must be cpu, memory, ephemeral-storage, hugepages-SIZE or a name with a domain (example.com/x)"
)


def resources_problems(
    resources: ResourceRequirements, claims: frozenset[str], path: str
) -> Iterator[Problem]:
    """What is wrong with what a container asks for, *claims* being the pod's."""
    if resources.limits or resources.requests:
        for field, amounts in (("limits", resources.limits), ("requests", resources.requests)):
            for name, amount in amounts.items():
                yield from amount_problems(name, amount, f"{path}.{field}[{name}]")
                if name not in _STANDARD:
                    yield from _name_problems(name, f"{path}.{field}[{name}]")
        yield from pairing_problems(resources, path)
    if resources.claims:
        yield from _claims_problems(resources, claims, f"{path}.claims")


def amount_problems(name: str, amount: Quantity, path: str) -> Iterator[Problem]:
    """What is wrong with an amount of the resource *name*."""
    if amount.nanos < 0:
        yield invalid(path, str(amount), "must be 0 or more")
    if name in _STANDARD:
        return
    if name.startswith(HUGEPAGES):
        yield from _page_problems(name, amount, path)
    elif is_extended(name) and amount.nanos % 10**9:
        yield invalid(path, str(amount), "must be a whole number")


def pairing_problems(resources: ResourceRequirements, path: str) -> Iterator[Problem]:
    """What is wrong between requests and limits."""
    limits = dict(resources.limits.items())
    for name, amount in resources.requests.items():
        limit = limits.get(name)
        if limit is None:
            if not may_overcommit(name):
                yield required(f"{path}.limits", f"must have {name} too, as requests has it")
        elif amount == limit:
            continue
        elif not may_overcommit(name):
            wanted = f"{name} must be equal to its limit ({limit})"
            yield invalid(f"{path}.requests", str(amount), wanted)
        elif amount > limit:
            wanted = f"{name} must not be more than its limit ({limit})"
            yield invalid(f"{path}.requests", str(amount), wanted)
    names = {*limits, *resources.requests}
    if names.isdisjoint(_COMPUTE) and any(name.startswith(HUGEPAGES) for name in names):
        yield forbidden(path, "must have cpu or memory besides hugepages")


def is_extended(name: str) -> bool:
    """Whether *name* is a resource that somebody else counts: whole numbers, never shared."""
    return not _is_native(name) and not name.startswith("requests.")


def may_overcommit(name: str) -> bool:
    """Whether more than there is of *name* may be promised."""
    return _is_native(name) and not name.startswith(HUGEPAGES)


def is_standard(name: str) -> bool:
    """Whether *name* is a resource that Kubernetes itself knows for containers."""
    return name in _STANDARD or name.startswith(HUGEPAGES)


def _is_native(name: str) -> bool:
    return "/" not in name or "kubernetes.io/" in name


def _name_problems(name: str, path: str) -> Iterator[Problem]:
    if "/" not in name:
        if not is_standard(name):
            yield invalid(path, name, _WANTED_NAME)
    elif not text.is_qualified_name(name) or name.startswith("requests."):
        yield invalid(path, name, text.QUALIFIED_NAME)


def _page_problems(name: str, amount: Quantity, path: str) -> Iterator[Problem]:
    try:
        size = Quantity(name.removeprefix(HUGEPAGES))
    except ValueError:
        size = None
    if size is None or size.nanos <= 0 or size.nanos % 10**9:
        yield invalid(path, name, "must be hugepages- and a size, such as hugepages-2Mi")
    elif amount.value() % size.value():
        yield invalid(path, str(amount), f"must be a multiple of the page size ({size})")


def _claims_problems(
    resources: ResourceRequirements, known: frozenset[str], path: str
) -> Iterator[Problem]:
    seen: dict[str, set[str]] = {}
    for index, claim in enumerate(resources.claims):
        where = f"{path}[{index}]"
        if not claim.name:
            yield required(where, "must name an entry of spec.resourceClaims")
            continue
        if claim.request and not text.is_dns_label(claim.request):
            yield invalid(f"{where}.request", claim.request, text.DNS_LABEL)
        overlaps = claim.request in seen.get(claim.name, ()) or "" in seen.get(claim.name, ())
        if overlaps or (claim.name in seen and not claim.request):
            yield duplicate(where, claim.name)
        seen.setdefault(claim.name, set()).add(claim.request)
        if claim.name not in known:
            yield not_found(where, claim.name, "an entry of spec.resourceClaims", sorted(known))


def overhead_problems(overhead: Mapping[str, Quantity], path: str) -> Iterator[Problem]:
    """What is wrong with the resources that the pod itself costs."""
    for name, amount in overhead.items():
        yield from _name_problems(name, f"{path}[{name}]")
        yield from amount_problems(name, amount, f"{path}[{name}]")
