"""Who waits for whom."""

from __future__ import annotations

from seedpod._core.ordering import PlanStep, start_plan, stop_plan, stop_prerequisites
from seedpod.spec import PodSpec, Probe
from tests.core.sketches import container, sidecar, spec


def pod() -> PodSpec:
    inits = (
        container("fetch"),
        sidecar("proxy", startup_probe=Probe()),
        container("migrate"),
        sidecar("logs"),
    )
    return spec(container("web"), container("worker"), inits=inits)


def test_init_containers_start_one_after_another_and_the_apps_together_after_the_last() -> None:
    assert start_plan(pod()) == (
        PlanStep(container="fetch", kind="init", waits_for="nothing"),
        PlanStep(container="proxy", kind="sidecar", waits_for="init container fetch to succeed"),
        PlanStep(
            container="migrate",
            kind="init",
            waits_for="the startup probe of sidecar proxy to succeed",
        ),
        PlanStep(container="logs", kind="sidecar", waits_for="init container migrate to succeed"),
        PlanStep(container="web", kind="app", waits_for="sidecar logs to have started"),
        PlanStep(container="worker", kind="app", waits_for="sidecar logs to have started"),
    )


def test_apps_stop_together_and_sidecars_after_them_the_last_one_first() -> None:
    assert stop_plan(pod()) == (
        PlanStep(container="web", kind="app", waits_for="nothing"),
        PlanStep(container="worker", kind="app", waits_for="nothing"),
        PlanStep(container="logs", kind="sidecar", waits_for="apps web and worker to end"),
        PlanStep(container="proxy", kind="sidecar", waits_for="sidecar logs to end"),
    )


def test_a_single_app_is_named_alone() -> None:
    [_, last] = stop_plan(spec(container("web"), inits=(sidecar("proxy"),)))
    assert last.waits_for == "app web to end"


def test_a_sidecar_waits_for_every_app_and_the_next_later_sidecar() -> None:
    assert stop_prerequisites(pod()) == {
        "fetch": (),
        "proxy": ("web", "worker", "logs"),
        "migrate": (),
        "logs": ("web", "worker"),
        "web": (),
        "worker": (),
    }
