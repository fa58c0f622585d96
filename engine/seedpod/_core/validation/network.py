"""What is wrong with what a pod is called, and whom it knows.

Source: kubernetes, pkg/apis/core/validation: ValidatePodSpec, validatePodHostName,
ValidateHostAliases.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from seedpod._core.validation import text
from seedpod._core.validation.report import forbidden, invalid, too_long
from seedpod.errors import Problem
from seedpod.spec.pod import HostAlias, PodSpec

_LONGEST_HOSTNAME: Final = 64


def network_problems(spec: PodSpec, path: str) -> Iterator[Problem]:
    """What is wrong with the names of a pod on its network, and with its hosts file."""
    if spec.hostname and not text.is_dns_label(spec.hostname):
        yield invalid(f"{path}.hostname", spec.hostname, text.DNS_LABEL)
    if spec.subdomain and not text.is_dns_label(spec.subdomain):
        yield invalid(f"{path}.subdomain", spec.subdomain, text.DNS_LABEL)
    if spec.hostname_override is not None:
        yield from hostname_problems(spec, path)
    for index, alias in enumerate(spec.host_aliases):
        yield from _alias_problems(alias, f"{path}.hostAliases[{index}]")


def hostname_problems(spec: PodSpec, path: str) -> Iterator[Problem]:
    """What is wrong with the hostname that overrides all others."""
    name = spec.hostname_override
    if name is None:
        return
    if not text.is_dns_subdomain(name):
        yield invalid(f"{path}.hostnameOverride", name, text.DNS_SUBDOMAIN)
    if len(name) > _LONGEST_HOSTNAME:
        wanted = f"must be at most {_LONGEST_HOSTNAME} characters"
        yield too_long(f"{path}.hostnameOverride", name, wanted)
    if spec.set_hostname_as_fqdn:
        wanted = "must not be set together with setHostnameAsFQDN"
        yield forbidden(f"{path}.hostnameOverride", wanted, name)
    if spec.host_network:
        wanted = "must not be set together with hostNetwork"
        yield forbidden(f"{path}.hostnameOverride", wanted, name)


def _alias_problems(alias: HostAlias, path: str) -> Iterator[Problem]:
    if not text.is_ip(alias.ip):
        yield invalid(f"{path}.ip", alias.ip, "must be an IPv4 or IPv6 address")
    for index, hostname in enumerate(alias.hostnames):
        if not text.is_dns_subdomain(hostname):
            yield invalid(f"{path}.hostnames[{index}]", hostname, text.DNS_SUBDOMAIN)
