"""Validation: the same kinds of problems at the same paths.

A row is a fragment of a pod and the path it stands at; the rule for that kind of fragment is asked
directly, as the rule for the whole pod asks it. Messages are ours and are not compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeAlias

from seedpod._core.validation import problems, update_problems
from seedpod._core.validation.container import (
    app_containers_problems,
    ephemeral_containers_problems,
    init_containers_problems,
    pull_policy_problems,
)
from seedpod._core.validation.env import (
    env_from_problems,
    env_problems,
    value_from_problems,
)
from seedpod._core.validation.file_keys import file_key_problems
from seedpod._core.validation.gates import Gates
from seedpod._core.validation.mounts import mounts_problems
from seedpod._core.validation.network import hostname_problems
from seedpod._core.validation.pod import (
    readiness_gates_problems,
    restart_policy_problems,
    spec_problems,
)
from seedpod._core.validation.pod_resources import pod_resources_problems
from seedpod._core.validation.ports import ports_problems
from seedpod._core.validation.probes import (
    hook_problems,
    probe_problems,
    sleep_problems,
    stop_signal_problems,
)
from seedpod._core.validation.resources import resources_problems
from seedpod._core.validation.restarts import resize_problems
from seedpod._core.validation.scope import Scope
from seedpod._core.validation.volume_files import key_to_path_problems
from seedpod._core.validation.volumes import checked_volumes
from seedpod.errors import Problem
from seedpod.spec import (
    Container,
    ContainerPort,
    ContainerResizePolicy,
    EnvFromSource,
    EnvVar,
    EphemeralContainer,
    KeyToPath,
    LifecycleHandler,
    Pod,
    PodReadinessGate,
    PodSpec,
    Probe,
    ResourceRequirements,
    SleepAction,
    Volume,
)
from tests.conformance.rows import Json, Row, all_of, structured

Asker: TypeAlias = Callable[[Json], Iterable[Problem]]
"""Asks one rule about the fragment of a row."""


def answered_by(asker: Asker) -> Callable[[Row], None]:
    """The check that compares kind and path of the problems, each counted once."""

    def check(row: Row) -> None:
        found = {(str(problem.kind), problem.path) for problem in asker(row.given)}
        assert found == {(error["type"], error["field"]) for error in row.expect["errors"]}

    return check


def path_of(given: Json) -> str:
    """Where the fragment stands."""
    return given.get("path") or ""


def context_of(given: Json) -> Json:
    """What the check sees besides the fragment."""
    context: Json = given.get("context") or {}
    return context


def scope_of(given: Json) -> Scope:
    """The pod around a container."""
    context = context_of(given)
    volumes = {each.name: each for each in all_of(Volume, context.get("volumes"))}
    return Scope(
        restart_policy=context.get("podRestartPolicy", "Always"),
        termination_grace_period_seconds=context.get("terminationGracePeriodSeconds", 30),
        os=context.get("os", ""),
        volumes=volumes,
        may_keep_restart_container=(
            "AllowExistingRestartContainerForNonSidecarInitContainer" in given.get("options", ())
        ),
        gates=gates_of(given),
    )


def gates_of(given: Json) -> Gates:
    """What the row lets count as valid: nothing newer than its options say."""
    options = given.get("options", ())
    return Gates(
        container_restart_rules="AllowContainerRestartPolicyRules" in options,
        restart_all_containers_on_container_exits="AllowRestartAllContainers" in options,
        relaxed_environment_variable_validation=(
            "AllowRelaxedEnvironmentVariableValidation" in options
        ),
        pod_lifecycle_sleep_action_allow_zero="AllowPodLifecycleSleepActionZeroValue" in options,
        in_place_pod_vertical_scaling="AllowSidecarResizePolicy" in options,
        allow_privileged=given.get("context", {}).get("allowPrivileged", True),
    )


def pod_asked(given: Json) -> Iterable[Problem]:
    return problems(structured(Pod, given["object"]), gates_of(given))


def update_asked(given: Json) -> Iterable[Problem]:
    old, new = structured(Pod, given["oldObject"]), structured(Pod, given["object"])
    return update_problems(old, new, gates_of(given))


def spec_asked(given: Json) -> Iterable[Problem]:
    return spec_problems(structured(PodSpec, given["object"]), path_of(given), gates_of(given))


def hostname_asked(given: Json) -> Iterable[Problem]:
    return hostname_problems(structured(PodSpec, given["object"]), path_of(given))


def file_keys_asked(given: Json) -> Iterable[Problem]:
    return file_key_problems(structured(PodSpec, given["object"]), path_of(given))


def gates_asked(given: Json) -> Iterable[Problem]:
    return readiness_gates_problems(all_of(PodReadinessGate, given["object"]), path_of(given))


def containers_asked(given: Json) -> Iterable[Problem]:
    containers = all_of(Container, given["object"])
    return app_containers_problems(containers, scope_of(given), path_of(given))


def inits_asked(given: Json) -> Iterable[Problem]:
    apps = all_of(Container, context_of(given).get("containers"))
    containers = all_of(Container, given["object"])
    return init_containers_problems(containers, apps, scope_of(given), path_of(given))


def ephemerals_asked(given: Json) -> Iterable[Problem]:
    context = context_of(given)
    apps = all_of(Container, context.get("containers"))
    inits = all_of(Container, context.get("initContainers"))
    containers = all_of(EphemeralContainer, given["object"])
    scope = scope_of(given)
    return ephemeral_containers_problems(containers, [*apps, *inits], scope, path_of(given))


def mounts_asked(given: Json) -> Iterable[Problem]:
    context = context_of(given)
    container = {
        "volumeMounts": given["object"],
        "volumeDevices": context.get("volumeDevices"),
        "securityContext": context.get("containerSecurityContext"),
    }
    return mounts_problems(structured(Container, container), scope_of(given), path_of(given))


def volumes_asked(given: Json) -> Iterable[Problem]:
    return checked_volumes(all_of(Volume, given["object"]), path_of(given))[1]


def key_to_path_asked(given: Json) -> Iterable[Problem]:
    return key_to_path_problems(structured(KeyToPath, given["object"]), path_of(given))


def env_asked(given: Json) -> Iterable[Problem]:
    return env_problems(all_of(EnvVar, given["object"]), gates_of(given), path_of(given))


def env_from_asked(given: Json) -> Iterable[Problem]:
    sources = all_of(EnvFromSource, given["object"])
    return env_from_problems(sources, gates_of(given), path_of(given))


def value_from_asked(given: Json) -> Iterable[Problem]:
    variable = structured(EnvVar, given["object"])
    assert variable.value_from is not None
    return value_from_problems(variable.value_from, variable.value, path_of(given))


def ports_asked(given: Json) -> Iterable[Problem]:
    return ports_problems(all_of(ContainerPort, given["object"]), path_of(given))


def probe_asked(given: Json) -> Iterable[Problem]:
    if given["object"] is None:
        return ()
    return probe_problems(structured(Probe, given["object"]), scope_of(given), path_of(given))


def hook_asked(given: Json) -> Iterable[Problem]:
    hook = structured(LifecycleHandler, given["object"])
    return hook_problems(hook, scope_of(given), path_of(given))


def sleep_asked(given: Json) -> Iterable[Problem]:
    action = structured(SleepAction, given["object"])
    return sleep_problems(action, scope_of(given), path_of(given))


def signal_asked(given: Json) -> Iterable[Problem]:
    return stop_signal_problems(given["object"], context_of(given).get("os", ""), path_of(given))


def resources_asked(given: Json) -> Iterable[Problem]:
    resources = structured(ResourceRequirements, given["object"])
    return resources_problems(resources, frozenset(), path_of(given))


def pod_resources_asked(given: Json) -> Iterable[Problem]:
    resources = structured(ResourceRequirements, given["object"])
    return pod_resources_problems(resources, path_of(given))


def resize_asked(given: Json) -> Iterable[Problem]:
    policies = all_of(ContainerResizePolicy, given["object"])
    return resize_problems(policies, scope_of(given).restart_policy, path_of(given))


def restart_policy_asked(given: Json) -> Iterable[Problem]:
    return restart_policy_problems(given["object"], path_of(given))


def pull_policy_asked(given: Json) -> Iterable[Problem]:
    return pull_policy_problems(given["object"], path_of(given))


_ASKERS: Final[Mapping[str, Asker]] = {
    "pod": pod_asked,
    "podUpdate": update_asked,
    "podSpec": spec_asked,
    "podHostname": hostname_asked,
    "fileKeyRefVolumes": file_keys_asked,
    "readinessGates": gates_asked,
    "containers": containers_asked,
    "initContainers": inits_asked,
    "ephemeralContainers": ephemerals_asked,
    "volumeMounts": mounts_asked,
    "volumes": volumes_asked,
    "keyToPath": key_to_path_asked,
    "env": env_asked,
    "envFrom": env_from_asked,
    "envVarSource": value_from_asked,
    "ports": ports_asked,
    "probe": probe_asked,
    "handler": hook_asked,
    "sleepAction": sleep_asked,
    "stopSignal": signal_asked,
    "containerResources": resources_asked,
    "podResources": pod_resources_asked,
    "resizePolicy": resize_asked,
    "restartPolicy": restart_policy_asked,
    "imagePullPolicy": pull_policy_asked,
}
"""By question: the rule that answers it."""
CHECKS: Final[Mapping[str, Callable[[Row], None]]] = {
    question: answered_by(asker) for question, asker in _ASKERS.items()
}
