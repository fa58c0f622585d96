"""Whether the files that variables are read from lie in volumes that can hold them.

Source: kubernetes, pkg/apis/core/validation: validateFileKeyRefVolumes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from seedpod._core.validation.report import invalid, not_found
from seedpod.errors import Problem
from seedpod.spec.container import Container
from seedpod.spec.pod import PodSpec
from seedpod.spec.volume import Volume


def file_key_problems(spec: PodSpec, path: str) -> Iterator[Problem]:
    """Variables of any container whose file is in no emptyDir volume of the pod."""
    volumes = {volume.name: volume for volume in spec.volumes}
    yield from _list_problems(spec.containers, volumes, f"{path}.containers")
    yield from _list_problems(spec.init_containers, volumes, f"{path}.initContainers")
    yield from _list_problems(spec.ephemeral_containers, volumes, f"{path}.ephemeralContainers")


def _list_problems(
    containers: Sequence[Container], volumes: Mapping[str, Volume], path: str
) -> Iterator[Problem]:
    for number, container in enumerate(containers):
        for index, variable in enumerate(container.env):
            source = variable.value_from
            if source is None or source.file_key_ref is None:
                continue
            name = source.file_key_ref.volume_name
            where = f"{path}[{number}].env[{index}].valueFrom.fileKeyRef.volumeName"
            if name not in volumes:
                known = [each.name for each in volumes.values() if each.empty_dir is not None]
                yield not_found(where, name, "an emptyDir volume of spec.volumes", known)
            elif volumes[name].empty_dir is None:
                yield invalid(where, name, "must name an emptyDir volume")
