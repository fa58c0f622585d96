"""What is wrong with an object's metadata.

Source: apimachinery, pkg/api/validation/objectmeta.go.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from seedpod._core.validation import text
from seedpod._core.validation.report import invalid, required, too_long
from seedpod.errors import Problem
from seedpod.spec.metadata import ObjectMeta

_MAX_ANNOTATION_BYTES = 256 * 1024


def metadata_problems(metadata: ObjectMeta, path: str) -> Iterator[Problem]:
    """What is wrong with the name, namespace, labels and annotations of an object."""
    yield from _name_problems(metadata, path)
    if not metadata.namespace:
        yield required(f"{path}.namespace", "must name the namespace the object belongs to")
    elif not text.is_dns_label(metadata.namespace):
        yield invalid(f"{path}.namespace", metadata.namespace, text.DNS_LABEL)
    if metadata.labels:
        yield from label_problems(metadata.labels, f"{path}.labels")
    if metadata.annotations:
        yield from _annotation_problems(metadata.annotations, f"{path}.annotations")


def label_problems(labels: Mapping[str, str], path: str) -> Iterator[Problem]:
    """What is wrong with labels, or with a selector of them."""
    for key, value in labels.items():
        if not text.is_qualified_name(key):
            yield invalid(path, key, f"the key {text.QUALIFIED_NAME}")
        if not text.is_label_value(value):
            yield invalid(path, value, f"the value of {key} {text.LABEL_VALUE}")


def _name_problems(metadata: ObjectMeta, path: str) -> Iterator[Problem]:
    if metadata.name:
        if not text.is_dns_subdomain(metadata.name):
            yield invalid(f"{path}.name", metadata.name, text.DNS_SUBDOMAIN)
    elif not metadata.generate_name:
        yield required(f"{path}.name", f"name or generateName is required; {text.DNS_SUBDOMAIN}")
    elif not text.is_dns_subdomain_start(metadata.generate_name):
        yield invalid(f"{path}.generateName", metadata.generate_name, text.DNS_SUBDOMAIN)


def _annotation_problems(annotations: Mapping[str, str], path: str) -> Iterator[Problem]:
    size = 0
    for key, value in annotations.items():
        if not text.is_qualified_name(key.lower()):
            yield invalid(path, key, f"the key {text.QUALIFIED_NAME}")
        size += len(key.encode()) + len(value.encode())
    if size > _MAX_ANNOTATION_BYTES:
        yield too_long(path, size, f"must be at most {_MAX_ANNOTATION_BYTES} bytes in all")
