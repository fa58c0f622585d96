"""Names of images: what is one, and which tag it means.

Source: distribution, reference/regexp.go; kubelet, applyDefaultImageTag.
"""

from __future__ import annotations

import re
from typing import Final

import attrs

_DOMAIN_PART: Final = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_DOMAIN: Final = rf"(?:{_DOMAIN_PART}(?:\.{_DOMAIN_PART})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?"
_PATH_PART: Final = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_NAME: Final = rf"(?:{_DOMAIN}/)?{_PATH_PART}(?:/{_PATH_PART})*"
_TAG: Final = r"\w[\w.-]{0,127}"
_DIGEST: Final = r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}"
_REFERENCE: Final = re.compile(
    rf"(?P<name>{_NAME})(?::(?P<tag>{_TAG}))?(?:@(?P<digest>{_DIGEST}))?", re.ASCII
)
_LONGEST_NAME: Final = 255
_DEFAULT_TAG: Final = "latest"
_DOCKER_HUB: Final = "docker.io"
_OLD_DOCKER_HUB: Final = "index.docker.io"


@attrs.frozen
class Malformed:
    """No image can have this name."""

    message: str
    """In the words of the runtime."""


def normalised(image: str) -> str | Malformed:
    """*image* with the tag it means, if it names neither a tag nor a digest."""
    found = _REFERENCE.fullmatch(image)
    if found is None:
        return Malformed(f'couldn\'t parse image name "{image}": {_why(image)}')
    if len(found["name"]) > _LONGEST_NAME:
        why = f"repository name must not be more than {_LONGEST_NAME} characters"
        return Malformed(f'couldn\'t parse image name "{image}": {why}')
    return image if found["tag"] or found["digest"] else f"{image}:{_DEFAULT_TAG}"


def repository(image: str) -> str:
    """The full name of the repository of *image*, which is well-formed: `docker.io/library/web`.

    Source: distribution, reference/normalize.go.
    """
    found = _REFERENCE.fullmatch(image)
    name = image if found is None else found["name"]
    registry, slash, rest = name.partition("/")
    is_host = registry == "localhost" or re.search("[.:]", registry) or registry != registry.lower()
    if not slash or not is_host:
        registry, rest = _DOCKER_HUB, name
    if registry in {_DOCKER_HUB, _OLD_DOCKER_HUB}:
        registry, rest = _DOCKER_HUB, rest if "/" in rest else f"library/{rest}"
    return f"{registry}/{rest}"


def _why(image: str) -> str:
    lowered = _REFERENCE.match(image.lower())
    if image != image.lower() and lowered is not None and lowered.end() == len(image):
        return f"invalid reference format: repository name ({image}) must be lowercase"
    return "invalid reference format"
