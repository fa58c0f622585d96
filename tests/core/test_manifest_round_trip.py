"""What is dumped loads as the same objects again."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import hypothesis
import pytest
import yaml
from hypothesis import strategies as st

from seedpod._core.defaults import with_defaults, with_namespace
from seedpod._core.manifest.dump import dump, to_dict
from seedpod._core.manifest.load import Manifest, load_documents
from seedpod._core.validation import problems
from seedpod.spec import ConfigMap, Container, ObjectMeta, Pod, PodSpec, Probe, Secret
from seedpod.status import ContainerStatus, Phase, PodStatus, Running, Terminated, Waiting
from tests.strategies import config_maps, pods, secrets

SOME = Pod(
    metadata=ObjectMeta(name="web"),
    spec=PodSpec(containers=[Container(name="app", image="busybox")]),
)


@hypothesis.given(pods())
def test_random_pods_are_valid(pod: Pod) -> None:
    assert problems(with_defaults(pod)) == []


@hypothesis.given(pods(), st.sampled_from(["yaml", "json"]))
def test_a_pod_loads_from_its_dump(pod: Pod, notation: str) -> None:
    [loaded] = load_documents(dump(pod, notation), "dump")  # type: ignore[arg-type]
    assert loaded == with_defaults(pod)


@hypothesis.given(config_maps | secrets)
def test_an_object_loads_from_its_dump(named: ConfigMap | Secret) -> None:
    loaded = load_documents(dump([named]), "dump")
    assert loaded.objects == (with_namespace(named),)


def test_several_objects_make_several_yaml_documents_and_one_json_list() -> None:
    settings = ConfigMap(metadata=ObjectMeta(name="settings"), data={"a": "1"})
    manifest = Manifest([SOME, settings])
    assert [each["kind"] for each in yaml.safe_load_all(dump(manifest))] == ["Pod", "ConfigMap"]
    assert json.loads(dump(manifest, "json"))["kind"] == "List"
    assert len(load_documents(dump(manifest, "json"), "dump").objects) == 2


def test_a_dump_omits_what_is_unset() -> None:
    assert to_dict(SOME) == {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web"},
        "spec": {"containers": [{"name": "app", "image": "busybox"}]},
    }


def test_a_dump_keeps_a_zero_that_differs_from_unset() -> None:
    spec = PodSpec(termination_grace_period_seconds=0, enable_service_links=False)
    assert to_dict(spec) == {"terminationGracePeriodSeconds": 0, "enableServiceLinks": False}


def test_a_dump_writes_irregular_names_as_kubernetes_spells_them() -> None:
    assert to_dict(PodSpec(host_pid=True, set_hostname_as_fqdn=True)) == {
        "hostPID": True,
        "setHostnameAsFQDN": True,
    }


def test_a_dump_writes_text_of_several_lines_as_a_block() -> None:
    settings = ConfigMap(metadata=ObjectMeta(name="settings"), data={"a": "one\ntwo\n"})
    assert "a: |\n    one\n    two\n" in dump([settings])


@pytest.mark.parametrize("text", ["y", "0o17", "1_000", "off", "08", "1e3", ".5", ""])
def test_a_dump_quotes_text_that_kubernetes_would_not_read_as_text(text: str) -> None:
    settings = ConfigMap(metadata=ObjectMeta(name="settings"), data={"a": text})
    assert f"a: '{text}'" in dump([settings])


def test_a_secret_is_dumped_as_base64_and_its_repr_hides_it() -> None:
    secret = Secret(metadata=ObjectMeta(name="keys"), data={"password": "hunter2"})
    assert to_dict(secret)["data"] == {"password": "aHVudGVyMg=="}
    assert "hunter2" not in repr(secret)
    assert "password" in repr(secret)


def test_a_status_is_dumped_as_kubernetes_writes_it() -> None:
    noon = datetime(2026, 1, 2, 12, 0, 0, 999, tzinfo=UTC)
    status = PodStatus(
        phase=Phase.RUNNING,
        pod_ips=("10.0.0.1",),
        container_statuses=(
            ContainerStatus(name="app", state=Running(started_at=noon), ready=True),
            ContainerStatus(
                name="job",
                state=Waiting(reason="CrashLoopBackOff"),
                last_state=Terminated(exit_code=0, reason="Completed", finished_at=noon),
                restart_count=3,
            ),
        ),
    )
    assert to_dict(status) == {
        "phase": "Running",
        "podIPs": [{"ip": "10.0.0.1"}],
        "containerStatuses": [
            {
                "name": "app",
                "image": "",
                "imageID": "",
                "state": {"running": {"startedAt": "2026-01-02T12:00:00Z"}},
                "lastState": {},
                "restartCount": 0,
                "ready": True,
            },
            {
                "name": "job",
                "image": "",
                "imageID": "",
                "state": {"waiting": {"reason": "CrashLoopBackOff"}},
                "lastState": {
                    "terminated": {
                        "exitCode": 0,
                        "reason": "Completed",
                        "finishedAt": "2026-01-02T12:00:00Z",
                    }
                },
                "restartCount": 3,
                "ready": False,
            },
        ],
    }


def test_an_empty_value_that_means_something_is_kept() -> None:
    assert to_dict(Container(name="a", liveness_probe=Probe())) == {
        "name": "a",
        "livenessProbe": {},
    }
