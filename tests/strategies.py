"""Random pods that are valid: init containers, sidecars, apps, volumes, probes, policies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from seedpod.spec import (
    ConfigMap,
    ConfigMapEnvSource,
    ConfigMapVolumeSource,
    Container,
    DownwardAPIVolumeFile,
    DownwardAPIVolumeSource,
    EmptyDirVolumeSource,
    EnvFromSource,
    EnvVar,
    EnvVarSource,
    ExecAction,
    HostPathVolumeSource,
    HTTPGetAction,
    JsonValue,
    KeyToPath,
    Lifecycle,
    LifecycleHandler,
    ObjectFieldSelector,
    ObjectMeta,
    Pod,
    PodSpec,
    Probe,
    ProjectedVolumeSource,
    ResourceRequirements,
    Secret,
    SecretProjection,
    SecretVolumeSource,
    SleepAction,
    TCPSocketAction,
    Volume,
    VolumeMount,
    VolumeProjection,
)

POLICIES = ("Always", "OnFailure", "Never")
GPU: Mapping[str, JsonValue] = {"key": "gpu", "effect": "NoExecute", "tolerationSeconds": 5}

labels = st.text("abcxyz019", min_size=1, max_size=8)
"""Names that are DNS labels."""
keys = st.text("abc_xyz", min_size=1, max_size=8)
"""Names of variables, and keys of objects."""
texts = st.one_of(
    st.sampled_from(
        ["", "yes", "0755", "1e3", "null", "~", "<<", "=", "2024-01-01", "1:20", "a: b"]
    ),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"]), max_size=20),
    st.sampled_from(
        ["two\nlines\n", "no end\nof line", "\n leading", "trailing \n\n", "tab\there"]
    ),
)
"""Text that YAML has to be careful about."""


@st.composite
def probes(draw: st.DrawFn, *, successes: int = 1) -> Probe:
    """One probe with one action."""
    action: dict[str, Any] = draw(
        st.sampled_from(
            [
                {"exec": ExecAction(command=["true"])},
                {"http_get": HTTPGetAction(port=80)},
                {"http_get": HTTPGetAction(port="http", path="/health", scheme="HTTPS")},
                {"tcp_socket": TCPSocketAction(port=5432)},
            ]
        )
    )
    return Probe(
        initial_delay_seconds=draw(st.integers(0, 5)),
        period_seconds=draw(st.integers(0, 5)),
        timeout_seconds=draw(st.integers(0, 3)),
        failure_threshold=draw(st.integers(0, 3)),
        success_threshold=draw(st.integers(0, successes)),
        **action,
    )


@st.composite
def volumes(draw: st.DrawFn, name: str) -> Volume:
    """One volume of a kind the engine prepares."""
    mode = draw(st.one_of(st.none(), st.integers(0, 0o777)))
    items = (KeyToPath(key=draw(keys), path="some/file", mode=mode),) if draw(st.booleans()) else ()
    downward = DownwardAPIVolumeFile(
        path="labels", field_ref=ObjectFieldSelector(field_path="metadata.labels")
    )
    projection = VolumeProjection(secret=SecretProjection(name="tokens", items=items))
    source: dict[str, Any] = draw(
        st.sampled_from(
            [
                {},
                {"empty_dir": EmptyDirVolumeSource()},
                {"empty_dir": EmptyDirVolumeSource(medium="Memory", size_limit="64Mi")},
                {"host_path": HostPathVolumeSource(path="/srv", type="DirectoryOrCreate")},
                {"config_map": ConfigMapVolumeSource(name="settings", items=items)},
                {"secret": SecretVolumeSource(secret_name="tokens", default_mode=mode)},
                {"downward_api": DownwardAPIVolumeSource(items=[downward])},
                {"projected": ProjectedVolumeSource(sources=[projection], default_mode=mode)},
            ]
        )
    )
    return Volume(name=name, **source)


def environments() -> SearchStrategy[list[EnvVar]]:
    """Variables, literal and from fields of the pod."""
    named = EnvVarSource(field_ref=ObjectFieldSelector(field_path="metadata.name"))
    return st.lists(
        st.one_of(
            st.builds(EnvVar, name=keys, value=texts),
            st.builds(EnvVar, name=keys, value_from=st.just(named)),
        ),
        max_size=3,
    )


@st.composite
def resources(draw: st.DrawFn) -> ResourceRequirements:
    """Requests that do not exceed the limits."""
    request = draw(st.integers(1, 1000))
    limit = request + draw(st.integers(0, 1000))
    memory = f"{draw(st.integers(1, 4096))}Mi"
    return draw(
        st.sampled_from(
            [
                ResourceRequirements(),
                ResourceRequirements(requests={"cpu": f"{request}m"}),
                ResourceRequirements(limits={"cpu": f"{limit}m", "memory": memory}),
                ResourceRequirements(requests={"cpu": f"{request}m"}, limits={"cpu": f"{limit}m"}),
            ]
        )
    )


@st.composite
def containers(
    draw: st.DrawFn, name: str, volume_names: tuple[str, ...], *, kind: str = "app"
) -> Container:
    """One container; *kind* is `init`, `sidecar` or `app`."""
    mounted = draw(st.lists(st.sampled_from(volume_names), unique=True)) if volume_names else []
    extra: dict[str, Any] = {}
    if kind != "init":
        hook = LifecycleHandler(sleep=SleepAction(seconds=draw(st.integers(0, 1))))
        extra = {
            "liveness_probe": draw(st.none() | probes()),
            "readiness_probe": draw(st.none() | probes(successes=3)),
            "startup_probe": draw(st.none() | probes()),
            "lifecycle": draw(st.sampled_from([None, Lifecycle(pre_stop=hook)])),
        }
    policies: dict[str, list[str | None]] = {
        "sidecar": ["Always"],
        "init": [None],
        "app": [None, *POLICIES],
    }
    env_from = EnvFromSource(prefix="P_", config_map_ref=ConfigMapEnvSource(name="settings"))
    return Container(
        name=name,
        image=draw(st.sampled_from(["busybox", "busybox:1.36", "reg:5000/a/b@sha256:" + "0" * 64])),
        command=draw(st.lists(texts, max_size=3)),
        args=draw(st.lists(texts, max_size=3)),
        env=draw(environments()),
        env_from=draw(st.sampled_from([(), (env_from,)])),
        resources=draw(resources()),
        restart_policy=draw(st.sampled_from(policies[kind])),
        volume_mounts=[
            VolumeMount(name=each, mount_path=f"/mnt/{each}", read_only=draw(st.booleans()))
            for each in mounted
        ],
        **extra,
    )


@st.composite
def pods(draw: st.DrawFn) -> Pod:
    """A valid pod, without its defaults."""
    names = draw(st.lists(labels, min_size=1, max_size=6, unique=True))
    split = draw(st.integers(0, len(names) - 1))
    volume_names = tuple(draw(st.lists(labels, max_size=3, unique=True)))
    kinds = st.sampled_from(["init", "sidecar"])
    return Pod(
        metadata=ObjectMeta(
            name=draw(labels),
            namespace=draw(st.sampled_from(["", "prod"])),
            labels=draw(st.dictionaries(labels, labels, max_size=2)),
            annotations=draw(st.dictionaries(labels, texts, max_size=2)),
        ),
        spec=PodSpec(
            init_containers=[
                draw(containers(name, volume_names, kind=draw(kinds))) for name in names[:split]
            ],
            containers=[draw(containers(name, volume_names)) for name in names[split:]],
            volumes=[draw(volumes(name)) for name in volume_names],
            restart_policy=draw(st.sampled_from(["", *POLICIES])),
            termination_grace_period_seconds=draw(st.none() | st.integers(1, 60)),
            active_deadline_seconds=draw(st.none() | st.integers(1, 600)),
            node_selector=draw(st.sampled_from([{}, {"disk": "ssd"}])),
            tolerations=[GPU] if draw(st.booleans()) else [],
        ),
    )


config_maps = st.builds(
    ConfigMap,
    metadata=st.builds(ObjectMeta, name=labels),
    data=st.dictionaries(keys, texts, max_size=3),
    binary_data=st.dictionaries(keys.map(lambda key: f"{key}.bin"), st.binary(), max_size=2),
)
secrets = st.builds(
    Secret,
    metadata=st.builds(ObjectMeta, name=labels),
    data=st.dictionaries(keys, st.binary(), max_size=3),
    type=st.sampled_from(["", "Opaque"]),
)
