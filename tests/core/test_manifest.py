"""A manifest is its pods, with the objects they refer to; what is wrong is told all at once."""

from __future__ import annotations

import pytest

from seedpod._core.manifest.load import Manifest, load_documents
from seedpod.errors import ManifestError, SpecError
from seedpod.spec import ConfigMap, Container, ObjectMeta, Pod, PodSpec, Secret

POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: {name}
spec:
  containers:
  - name: app
    image: busybox
"""
SETTINGS = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {a: '1'}\n"
KEYS = """\
apiVersion: v1
kind: Secret
metadata: {name: keys}
data: {a: YQ==, b: Yg==}
stringData: {b: plain}
"""


def told(text: str) -> list[str]:
    with pytest.raises(SpecError) as caught:
        load_documents(text, "test.yaml")
    return str(caught.value).splitlines()


def test_a_manifest_is_a_sequence_of_its_pods() -> None:
    manifest = load_documents(
        "---\n".join([SETTINGS, POD.format(name="a"), KEYS, POD.format(name="b")]), "test"
    )
    assert [pod.metadata.name for pod in manifest] == ["a", "b"]
    assert len(manifest) == 2
    assert manifest[-1] is manifest.pods[1]
    assert [each.metadata.name for each in manifest.config_maps] == ["settings"]
    assert [each.metadata.name for each in manifest.secrets] == ["keys"]
    assert [each.kind for each in manifest.objects] == ["ConfigMap", "Pod", "Secret", "Pod"]


def test_a_pod_is_loaded_with_its_defaults() -> None:
    [pod] = load_documents(POD.format(name="a"), "test")
    assert pod.metadata.namespace == "default"
    assert pod.spec.restart_policy == "Always"
    assert pod.spec.containers[0].image_pull_policy == "Always"


def test_a_secret_holds_bytes_and_its_plain_strings_go_first() -> None:
    [secret] = load_documents(KEYS, "test").secrets
    assert secret.data == {"a": b"a", "b": b"plain"}


def test_a_value_of_a_secret_is_never_shown() -> None:
    text = KEYS.replace("plain", "12345").replace("YQ==", "hunter2!")
    assert told(text) == [
        "test.yaml: Secret keys: data[a]: must be base64",
        "test.yaml: Secret keys: stringData[b]: must be a string; put the value in quotes",
    ]


def test_a_secret_that_is_no_mapping_is_not_shown_either() -> None:
    text = "apiVersion: v1\nkind: Secret\nmetadata: {name: keys}\ndata: one\nstringData: two\n"
    assert told(text) == [
        "test.yaml: Secret keys: data: must be a mapping",
        "test.yaml: Secret keys: stringData: must be a mapping",
    ]


@pytest.mark.parametrize("kind", ["List", "PodList"])
def test_a_list_is_its_items(kind: str) -> None:
    body = "".join(f"  {line}\n" for line in POD.format(name="a").splitlines()).replace(
        "  ", "- ", 1
    )
    [pod] = load_documents(f"apiVersion: v1\nkind: {kind}\nitems:\n{body}", "test")
    assert pod.metadata.name == "a"


def test_an_item_of_a_pod_list_need_not_say_its_kind() -> None:
    text = (
        "apiVersion: v1\nkind: PodList\nmetadata: {resourceVersion: '1'}\nitems:\n"
        "- metadata: {name: a}\n  spec: {containers: [{name: app, image: busybox}]}\n"
    )
    assert load_documents(text, "test")[0].metadata.name == "a"


def test_items_that_are_no_list_are_refused() -> None:
    assert told("apiVersion: v1\nkind: List\nitems: {a: b}\n") == [
        'test.yaml: items: {"a": "b"}: must be a list of objects'
    ]


def test_the_subject_is_the_file_and_the_object() -> None:
    with pytest.raises(SpecError) as caught:
        load_documents(POD.format(name="web").replace("busybox", "7"), "pod.yaml")
    assert caught.value.subject == "pod.yaml: Pod web"
    assert [each.path for each in caught.value.problems] == ["spec.containers[0].image"]


def test_problems_of_several_documents_are_in_one_error() -> None:
    wrong = POD.format(name="web").replace("busybox", "7")
    unnamed = POD.format(name="a").replace("  name: a\n", "  labels: {}\n", 1)
    lines = told(f"{wrong}---\n{unnamed}")
    assert lines[0].startswith("test.yaml: Pod web: spec.containers[0].image: 7: must be a string")
    assert lines[1].startswith("test.yaml: document 2 (Pod): metadata.name: ")


def test_wrong_types_and_broken_rules_are_told_together() -> None:
    text = POD.format(name="web") + "    tty: 1\n  restartPolicy: Sometimes\n"
    assert [line.split(": ")[2] for line in told(text)] == [
        "spec.containers[0].tty",
        "spec.restartPolicy",
    ]


def test_a_value_that_could_not_be_read_is_told_only_once() -> None:
    assert len(told(POD.format(name="7"))) == 1
    assert len(told("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: x}\n")) == 1


def test_wrong_notation_makes_a_manifest_error_and_broken_rules_do_not() -> None:
    with pytest.raises(ManifestError):
        load_documents(POD.format(name="a") + "    image: twice\n", "test")
    with pytest.raises(SpecError) as caught:
        load_documents(POD.format(name="A"), "test")
    assert type(caught.value) is SpecError


def test_a_status_is_kept_and_has_no_effect() -> None:
    [pod] = manifest = load_documents(POD.format(name="a") + "status: {phase: Running}\n", "test")
    assert pod.status == {"phase": "Running"}
    assert manifest.without_effect == {"default/a": ("status",)}


def test_fields_that_only_a_cluster_honours_are_named() -> None:
    text = POD.format(name="a").replace("metadata:\n", "metadata:\n  finalizers: [a/b]\n") + (
        "  nodeSelector: {disk: ssd}\n  tolerations: [{operator: Exists}]\n  priority: 0\n"
        "  automountServiceAccountToken: false\n"
        "  dnsPolicy: None\n  dnsConfig: {nameservers: [1.1.1.1]}\n"
    )
    assert load_documents(text, "test").without_effect == {
        "default/a": (
            "metadata.finalizers",
            "spec.nodeSelector",
            "spec.tolerations",
            "spec.priority",
            "spec.automountServiceAccountToken",
            "spec.dnsPolicy",
        )
    }


def test_defaults_are_not_reported_as_without_effect() -> None:
    assert load_documents(POD.format(name="a"), "test").without_effect == {}


def test_a_pod_is_pleasant_to_write_in_python() -> None:
    pod = Pod(
        metadata=ObjectMeta(name="web", labels={"app": "web"}),
        spec=PodSpec(containers=[Container(name="app", image="busybox", command=["sleep", "1"])]),
    )
    assert pod.spec.containers[0].command == ("sleep", "1")
    assert pod == Pod(metadata=pod.metadata, spec=pod.spec)
    assert hash(pod) == hash(Pod(metadata=pod.metadata, spec=pod.spec))


def test_one_string_is_not_a_command() -> None:
    with pytest.raises(TypeError, match="must be a list, not one string"):
        Container(name="app", command="sleep 1")


def test_mappings_of_a_description_are_copies_that_cannot_change() -> None:
    labels = {"app": "web"}
    metadata = ObjectMeta(name="web", labels=labels)
    labels["app"] = "other"
    assert metadata.labels == {"app": "web"}
    assert not hasattr(metadata.labels, "__setitem__")


def test_objects_in_python_take_text_or_bytes() -> None:
    assert Secret(data={"a": "b"}).data == {"a": b"b"}
    assert ConfigMap(binary_data={"a": b"b"}).binary_data == {"a": b"b"}


def test_a_manifest_can_be_made_of_objects() -> None:
    assert Manifest([Pod()]).pods == (Pod(),)
