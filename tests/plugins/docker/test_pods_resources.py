"""What containers may use, and what they do use: on a real engine."""

from __future__ import annotations

from typing import Any

import seedpod
from tests.plugins.docker.engine import Engine
from tests.plugins.docker.inside import (
    IDLE,
    container,
    executor_on,
    first_line,
    ran,
    refused,
    told,
)

_GREEDY = "tail /dev/zero"
"""Keeps what it reads until there is a line feed, which there never is."""


def test_a_container_that_wants_more_memory_than_it_may_is_killed(docker: Engine) -> None:
    ended = ran(
        docker, container(_GREEDY, **_limited(memory="16Mi")), container("echo well", name="other")
    )
    assert (ended.end_of().exit_code, ended.end_of().reason) == (137, "OOMKilled")
    assert ended.end_of("other").exit_code == 0
    assert ended.status.phase == "Failed"


def test_podman_says_that_it_was_killed_and_not_what_for(podman: Engine) -> None:
    """Podman 4 has often not noticed that it was for want of memory."""
    ended = ran(podman, container(_GREEDY, **_limited(memory="16Mi")))
    assert ended.end_of().exit_code == 137
    assert ended.end_of().reason in {"Error", "OOMKilled"}


def test_limits_stand_in_the_control_group(engine: Engine) -> None:
    script = """
    cd /sys/fs/cgroup
    if [ -e cpu.max ]; then cat cpu.max memory.max cpu.weight
    else
        echo $(cat cpu/cpu.cfs_quota_us cpu/cpu.cfs_period_us)
        cat memory/memory.limit_in_bytes cpu/cpu.shares
    fi
    """
    fields = _limited(cpu="250m", memory="32Mi")
    ended = ran(engine, container(script, **fields))
    assert ended.lines[:2] == ["25000 100000", str(32 * 1024 * 1024)]


def test_how_many_processes_there_may_be_is_a_choice_of_the_executor(engine: Engine) -> None:
    script = "for each in 1 2 3 4 5 6 7 8 9; do sleep 1 & done 2>/dev/null; echo started all"
    executor = executor_on(engine, pids_limit=5)
    ended = ran(engine, container(script), executor=executor)
    assert "started all" not in ended.lines
    assert ended.end_of().exit_code != 0


def test_a_pod_tells_what_its_containers_use(engine: Engine) -> None:
    busy = container(f"x=0; while [ $x -lt 20000 ]; do x=$((x+1)); done; echo done; {IDLE}")

    async def story(running: seedpod.RunningPod) -> None:
        await first_line(running)
        used = (await running.usage())["main"]
        assert used.cpu_seconds
        assert used.memory_bytes

    told(engine, story, busy)


def test_limits_of_a_whole_pod_are_refused_by_name(docker: Engine) -> None:
    limits = {"limits": {"memory": "64Mi"}}
    [problem] = refused(docker, container("true"), resources=limits)
    assert problem.startswith("spec.resources.limits")


def _limited(**limits: str) -> dict[str, Any]:
    return {"resources": {"limits": limits}}
