"""What is wrong with the resolver settings of a pod.

Source: kubernetes, pkg/apis/core/validation: validatePodDNSConfig.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from seedpod._core.validation import text
from seedpod._core.validation.report import choice_problems, invalid, required
from seedpod.errors import Problem
from seedpod.spec.frozen import JsonValue
from seedpod.spec.pod import PodSpec
from seedpod.spec.words import DNSPolicy

_Config: TypeAlias = Mapping[str, JsonValue]

_POLICIES: Final = tuple(each.value for each in DNSPolicy)
_MOST_NAMESERVERS: Final = 3
_MOST_SEARCHES: Final = 32
_LONGEST_SEARCHES: Final = 2048


def dns_problems(spec: PodSpec, path: str) -> Iterator[Problem]:
    """What is wrong with how the pod resolves names; *path* is the spec's."""
    yield from choice_problems(spec.dns_policy, _POLICIES, f"{path}.dnsPolicy")
    config = spec.dns_config
    if spec.dns_policy == DNSPolicy.NONE:
        if config is None:
            yield required(f"{path}.dnsConfig", "must be set where dnsPolicy is None")
            return
        if not _list(config, "nameservers"):
            wanted = "must have at least one entry where dnsPolicy is None"
            yield required(f"{path}.dnsConfig.nameservers", wanted)
            return
    if config is not None:
        yield from _nameservers_problems(_list(config, "nameservers"), f"{path}.dnsConfig")
        yield from _searches_problems(_list(config, "searches"), f"{path}.dnsConfig.searches")
        yield from _options_problems(_list(config, "options"), f"{path}.dnsConfig.options")


def _nameservers_problems(found: Sequence[JsonValue], path: str) -> Iterator[Problem]:
    if len(found) > _MOST_NAMESERVERS:
        wanted = f"must have at most {_MOST_NAMESERVERS} entries"
        yield invalid(f"{path}.nameservers", len(found), wanted)
    for index, address in enumerate(found):
        if not text.is_ip(str(address)):
            wanted = "must be an IPv4 or IPv6 address"
            yield invalid(f"{path}.nameservers[{index}]", address, wanted)


def _searches_problems(found: Sequence[JsonValue], path: str) -> Iterator[Problem]:
    names = [str(each) for each in found]
    if len(names) > _MOST_SEARCHES:
        yield invalid(path, len(names), f"must have at most {_MOST_SEARCHES} entries")
    length = len(" ".join(names))
    if length > _LONGEST_SEARCHES:
        wanted = f"must have at most {_LONGEST_SEARCHES} characters in all, blanks between them too"
        yield invalid(path, length, wanted)
    for index, name in enumerate(names):
        if name != "." and not text.is_dns_search(name.removesuffix(".")):
            yield invalid(f"{path}[{index}]", name, text.DNS_SEARCH)


def _options_problems(found: Sequence[JsonValue], path: str) -> Iterator[Problem]:
    for index, option in enumerate(found):
        if not (isinstance(option, Mapping) and option.get("name")):
            yield required(f"{path}[{index}]", "must have a name")


def _list(config: _Config, name: str) -> Sequence[JsonValue]:
    found = config.get(name)
    return found if isinstance(found, Sequence) and not isinstance(found, str) else ()
