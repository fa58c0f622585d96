"""What a container finds in its variables; more rules are in the vectors."""

from __future__ import annotations

import attrs

from seedpod._core.environment import (
    PodFacts,
    Resolved,
    Unresolved,
    command_line,
    environment,
    mounted_sub_path,
    static_command,
)
from seedpod.spec import (
    ConfigMap,
    ConfigMapEnvSource,
    ConfigMapKeySelector,
    Container,
    EmptyDirVolumeSource,
    EnvFromSource,
    EnvVar,
    EnvVarSource,
    FileKeySelector,
    ObjectFieldSelector,
    Pod,
    PodSpec,
    ResourceFieldSelector,
    ResourceRequirements,
    SecretEnvSource,
    SecretKeySelector,
    Volume,
    VolumeMount,
)
from tests.core.things import KEYS, META, NOTHING, SETTINGS, Known

SPEC = PodSpec(enable_service_links=True)
POD = Pod(metadata=META, spec=SPEC)
FACTS = PodFacts(node_name="here", pod_ip="10.0.0.7")


def env(container: Container, objects: Known = NOTHING, pod: Pod = POD) -> dict[str, str]:
    found = environment(pod, container, FACTS, objects)
    assert isinstance(found, Resolved)
    return dict(found.env)


def why_not(container: Container, objects: Known = NOTHING, pod: Pod = POD) -> str:
    found = environment(pod, container, FACTS, objects)
    assert isinstance(found, Unresolved)
    return found.message


def config_map_key(name: str, key: str, *, optional: bool | None = None) -> Container:
    selector = ConfigMapKeySelector(name=name, key=key, optional=optional)
    return Container(env=[EnvVar(name="X", value_from=EnvVarSource(config_map_key_ref=selector))])


def secret_key(name: str, key: str, *, optional: bool | None = None) -> Container:
    selector = SecretKeySelector(name=name, key=key, optional=optional)
    return Container(env=[EnvVar(name="X", value_from=EnvVarSource(secret_key_ref=selector))])


def file_key(*, optional: bool | None = None, volume: str = "scratch") -> Container:
    selector = FileKeySelector(volume_name=volume, path="a.env", key="X", optional=optional)
    return Container(env=[EnvVar(name="X", value_from=EnvVarSource(file_key_ref=selector))])


def read_from(text: str | None, container: Container) -> Resolved | Unresolved:
    volume = Volume(name="scratch", empty_dir=EmptyDirVolumeSource())
    pod = Pod(metadata=META, spec=attrs.evolve(SPEC, volumes=[volume]))
    return environment(pod, container, FACTS, NOTHING, lambda volume, path: text)


def test_a_container_without_variables_has_none() -> None:
    assert env(Container()) == {}


def test_a_pod_without_defaults_is_refused() -> None:
    found = environment(Pod(metadata=META), Container(), FACTS, NOTHING)
    assert isinstance(found, Unresolved)
    assert "enableServiceLinks" in found.message


def test_the_path_of_a_file_begins_in_its_volume_with_a_slash_or_without() -> None:
    selector = FileKeySelector(volume_name="scratch", path="/a/b.env", key="X")
    container = Container(env=[EnvVar(name="X", value_from=EnvVarSource(file_key_ref=selector))])
    volume = Volume(name="scratch", empty_dir=EmptyDirVolumeSource())
    pod = Pod(metadata=META, spec=attrs.evolve(SPEC, volumes=[volume]))
    files = {"a/b.env": "X='1'"}
    found = environment(pod, container, FACTS, NOTHING, lambda _, path: files.get(path))
    assert found == Resolved({"X": "1"})


def test_a_variable_sees_those_before_it_and_not_those_after() -> None:
    variables = [EnvVar(name="A", value="$(B)"), EnvVar(name="B", value="1$(A)")]
    assert env(Container(env=variables)) == {"A": "$(B)", "B": "1$(B)"}


def test_a_variable_without_a_value_is_empty() -> None:
    assert env(Container(env=[EnvVar(name="A", value="1"), EnvVar(name="A")])) == {"A": ""}


def test_a_variable_may_extend_itself() -> None:
    every = [EnvFromSource(config_map_ref=ConfigMapEnvSource(name="settings"))]
    container = Container(env_from=every, env=[EnvVar(name="color", value="dark-$(color)")])
    assert env(container, SETTINGS)["color"] == "dark-red"


def test_every_key_of_a_config_map_comes_with_its_prefix() -> None:
    source = EnvFromSource(prefix="S_", config_map_ref=ConfigMapEnvSource(name="settings"))
    assert env(Container(env_from=[source]), SETTINGS) == {"S_color": "red", "S_size": "9"}


def test_binary_data_is_no_variable() -> None:
    objects = Known({"settings": ConfigMap(data={"a": "1"}, binary_data={"b": b"2"})})
    source = EnvFromSource(config_map_ref=ConfigMapEnvSource(name="settings"))
    assert env(Container(env_from=[source]), objects) == {"a": "1"}


def test_what_comes_from_an_object_is_not_expanded() -> None:
    objects = Known({"settings": ConfigMap(data={"a": "$(A)"})})
    container = Container(env=[EnvVar(name="A", value="1"), *config_map_key("settings", "a").env])
    assert env(container, objects) == {"A": "1", "X": "$(A)"}


def test_a_missing_config_map_is_named() -> None:
    source = EnvFromSource(config_map_ref=ConfigMapEnvSource(name="settings"))
    assert why_not(Container(env_from=[source])) == 'configmap "settings" not found'
    assert why_not(config_map_key("settings", "color")) == 'configmap "settings" not found'


def test_a_missing_secret_is_named() -> None:
    source = EnvFromSource(secret_ref=SecretEnvSource(name="keys"))
    assert why_not(Container(env_from=[source])) == 'secret "keys" not found'
    assert why_not(secret_key("keys", "token")) == 'secret "keys" not found'


def test_an_object_of_another_namespace_is_missing() -> None:
    container = config_map_key("settings", "color")
    assert why_not(container, SETTINGS, Pod(spec=SPEC)) == 'configmap "settings" not found'


def test_a_missing_key_is_named_with_its_object() -> None:
    message = why_not(config_map_key("settings", "shape"), SETTINGS)
    assert message == "couldn't find key shape in ConfigMap default/settings"
    message = why_not(secret_key("keys", "shape"), KEYS)
    assert message == "couldn't find key shape in Secret default/keys"


def test_what_is_optional_and_missing_leaves_the_variable_as_it_was() -> None:
    before = EnvVar(name="X", value="before")
    for container, objects in (
        (config_map_key("settings", "color", optional=True), NOTHING),
        (config_map_key("settings", "shape", optional=True), SETTINGS),
        (secret_key("keys", "token", optional=True), NOTHING),
        (secret_key("keys", "shape", optional=True), KEYS),
    ):
        assert env(Container(env=[before, *container.env]), objects) == {"X": "before"}
        assert env(container, objects) == {}


def test_optional_objects_may_be_missing_as_a_whole() -> None:
    sources = [
        EnvFromSource(config_map_ref=ConfigMapEnvSource(name="settings", optional=True)),
        EnvFromSource(secret_ref=SecretEnvSource(name="keys", optional=True)),
    ]
    assert env(Container(env_from=sources)) == {}


def test_secrets_come_as_the_bytes_they_are() -> None:
    assert env(secret_key("keys", "token"), KEYS) == {"X": "hunter2"}
    raw = env(secret_key("keys", "raw"), KEYS)["X"]
    assert raw.encode("utf-8", "surrogateescape") == b"\xff\x00"


def test_secrets_are_not_in_the_repr() -> None:
    found = environment(POD, secret_key("keys", "token"), FACTS, KEYS)
    assert "hunter2" not in repr(found)


def test_fields_and_resources_of_the_pod_are_variables() -> None:
    name = EnvVarSource(field_ref=ObjectFieldSelector(field_path="metadata.name"))
    cpu = EnvVarSource(resource_field_ref=ResourceFieldSelector(resource="limits.cpu"))
    container = Container(
        env=[EnvVar(name="NAME", value_from=name), EnvVar(name="CPU", value_from=cpu)],
        resources=ResourceRequirements(limits={"cpu": "1500m"}),
    )
    assert env(container) == {"NAME": "web", "CPU": "2"}


def test_a_field_that_does_not_exist_is_named() -> None:
    source = EnvVarSource(field_ref=ObjectFieldSelector(field_path="spec.color"))
    container = Container(env=[EnvVar(name="X", value_from=source)])
    assert why_not(container) == "unsupported fieldPath: spec.color"


def test_a_variable_is_read_from_a_file() -> None:
    assert read_from("X='1'", file_key()) == Resolved({"X": "1"})


def test_a_file_or_key_that_is_missing_is_named() -> None:
    missing = read_from(None, file_key())
    assert missing == Unresolved("couldn't find env file a.env in volume scratch")
    without = read_from("Y='1'", file_key())
    assert without == Unresolved('environment variable key "X" not found in file "a.env"')


def test_a_file_or_key_may_be_missing_if_optional() -> None:
    assert read_from(None, file_key(optional=True)) == Resolved({})
    assert read_from("Y='1'", file_key(optional=True)) == Resolved({})


def test_a_file_that_cannot_be_read_is_named_even_if_optional() -> None:
    found = read_from("X=hunter2", file_key(optional=True))
    words = "couldn't parse env file a.env in volume scratch: line 1: must read KEY='value'"
    assert found == Unresolved(words)


def test_a_file_of_an_unknown_volume_is_named() -> None:
    found = read_from("X='1'", file_key(volume="other"))
    assert found == Unresolved('cannot find the volume "other" referenced by FileKeyRef')


def test_command_and_args_are_expanded() -> None:
    container = Container(command=["run", "$(A)"], args=["$(B)", "$$(A)"])
    assert command_line(container, {"A": "1"}) == (("run", "1"), ("$(B)", "$(A)"))


def test_a_command_without_references_is_the_container_s_own() -> None:
    container = Container(command=["sleep", "1"])
    assert command_line(container, {"A": "1"})[0] is container.command


def test_a_probe_s_command_sees_literal_values_only() -> None:
    cpu = EnvVarSource(resource_field_ref=ResourceFieldSelector(resource="limits.cpu"))
    variables = [EnvVar(name="A", value="$(B)"), EnvVar(name="CPU", value_from=cpu)]
    assert static_command(("test", "$(A)", "$(CPU)", "$(C)"), variables) == (
        ("test", "$(B)", "", "$(C)")
    )


def test_a_sub_path_may_refer_to_variables() -> None:
    mount = VolumeMount(sub_path_expr="logs/$(NAME)")
    assert mounted_sub_path(mount, {"NAME": "web"}) == "logs/web"
    assert mounted_sub_path(VolumeMount(sub_path="$(NAME)"), {"NAME": "web"}) == "$(NAME)"


def test_a_sub_path_needs_all_its_variables() -> None:
    mount = VolumeMount(sub_path_expr="$(B)/$(A)/$(C)")
    found = mounted_sub_path(mount, {"A": "", "C": "c"})
    assert found == Unresolved("missing value for A, B")
