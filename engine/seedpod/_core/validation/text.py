"""The shapes names and paths must have, and how each is put in words.

Source: apimachinery, pkg/util/validation.
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Final

DNS_LABEL: Final = (
    "must be a DNS label (a-z, 0-9, '-', no '-' at either end; at most 63 characters)"
)
DNS_SUBDOMAIN: Final = (
    "must be a DNS subdomain (labels of a-z, 0-9, '-', joined by '.'; at most 253 characters)"
)
DNS_SEARCH: Final = (
    "must be '.', or labels of a-z, 0-9, '-', '_', joined by '.'; at most 253 characters"
)
QUALIFIED_NAME: Final = (
    "must be a name of letters, digits, '-', '_', '.' (at most 63, a letter or digit at both "
    "ends), with or without a DNS subdomain and '/' before it"
)
LABEL_VALUE: Final = (
    "must be empty or letters, digits, '-', '_', '.' "
    "(at most 63 characters, a letter or digit at both ends)"
)
PORT_NAME: Final = (
    "must be a port name (a-z, 0-9, single '-' between them, at least one letter; "
    "at most 15 characters)"
)
PORT_NUMBER: Final = "must be between 1 and 65535"
ENV_NAME: Final = "must be printable ASCII characters other than '='"
STRICT_ENV_NAME: Final = (
    "must be letters, digits, '-', '_', '.', must not start with a digit or with '..'"
)
CONFIG_KEY: Final = (
    "must be letters, digits, '-', '_', '.', must not start with '..', at most 253 characters"
)
HEADER_NAME: Final = "must be a header name (letters, digits, '-')"
USER_ID: Final = "must be between 0 and 2147483647"

MAX_INT32: Final = 2**31 - 1

_LABEL_TEXT = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_DNS_LABEL = re.compile(_LABEL_TEXT)
_DNS_SUBDOMAIN = re.compile(rf"{_LABEL_TEXT}(?:\.{_LABEL_TEXT})*")
_SEARCH_LABEL = r"_?[a-z0-9](?:[-_a-z0-9]*[a-z0-9])?"
_DNS_SEARCH = re.compile(rf"{_SEARCH_LABEL}(?:\.{_SEARCH_LABEL})*")
_NAME_PART = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?")
_PORT_NAME = re.compile(r"(?=[^a-z]*[a-z])(?!.*--)[a-z0-9](?:[-a-z0-9]*[a-z0-9])?")
_ENV_NAME = re.compile(r"[ -<>-~]+")
_STRICT_ENV_NAME = re.compile(r"(?!\.\.)(?!\.\Z)[-._a-zA-Z][-._a-zA-Z0-9]*")
_CONFIG_KEY = re.compile(r"(?!\.\.)(?!\.\Z)[-._a-zA-Z0-9]+")
_HEADER_NAME = re.compile(r"[-A-Za-z0-9]+")


def is_dns_label(text: str) -> bool:
    """Whether *text* is one label of a domain name."""
    return len(text) <= 63 and _DNS_LABEL.fullmatch(text) is not None


def is_dns_subdomain(text: str) -> bool:
    """Whether *text* is a domain name."""
    return len(text) <= 253 and _DNS_SUBDOMAIN.fullmatch(text) is not None


def is_dns_search(text: str) -> bool:
    """Whether *text* is a domain name that may have underscores."""
    return len(text) <= 253 and _DNS_SEARCH.fullmatch(text) is not None


def is_dns_subdomain_start(text: str) -> bool:
    """Whether *text* is a domain name, or becomes one when something is appended to it."""
    return is_dns_subdomain(f"{text}x" if text.endswith("-") else text)


def is_qualified_name(text: str) -> bool:
    """Whether *text* can be the key of a label: `name` or `example.com/name`."""
    prefix, slash, name = text.rpartition("/")
    if slash and not is_dns_subdomain(prefix):
        return False
    return len(name) <= 63 and _NAME_PART.fullmatch(name) is not None


def is_label_value(text: str) -> bool:
    """Whether *text* can be the value of a label."""
    return not text or (len(text) <= 63 and _NAME_PART.fullmatch(text) is not None)


def is_port_name(text: str) -> bool:
    """Whether *text* can name a port."""
    return len(text) <= 15 and _PORT_NAME.fullmatch(text) is not None


def is_port_number(number: int) -> bool:
    """Whether *number* is a port."""
    return 1 <= number <= 65535


def is_env_name(text: str) -> bool:
    """Whether *text* can name an environment variable."""
    return _ENV_NAME.fullmatch(text) is not None


def is_strict_env_name(text: str) -> bool:
    """Whether *text* can name an environment variable by the rules before release 1.34."""
    return _STRICT_ENV_NAME.fullmatch(text) is not None


def is_config_key(text: str) -> bool:
    """Whether *text* can be a key of a ConfigMap or Secret."""
    return len(text) <= 253 and _CONFIG_KEY.fullmatch(text) is not None


def is_header_name(text: str) -> bool:
    """Whether *text* can name an HTTP header."""
    return _HEADER_NAME.fullmatch(text) is not None


def is_id(number: int) -> bool:
    """Whether *number* can be a user's or group's."""
    return 0 <= number <= MAX_INT32


def is_ip(text: str) -> bool:
    """Whether *text* is an IPv4 or IPv6 address, without a zone."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return "%" not in text


def has_backstep(path: str) -> bool:
    """Whether a component of *path* is `..`."""
    return ".." in path and ".." in path.split("/")
