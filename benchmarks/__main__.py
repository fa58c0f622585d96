"""`python -m benchmarks`: measure, and print ratios."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import Protocol

from benchmarks import w1_fake_pods, w2_idle_pods, w3_processes, w13_docker, w15_views
from benchmarks.comparison import Comparison
from benchmarks.machine import this_machine
from benchmarks.report import README, as_json, record, table


class Measure(Protocol):
    """A workload: yields what it found, one loop after another."""

    def __call__(self, *, is_quick: bool) -> Iterator[Comparison]:
        """Measure; smaller numbers and fewer rounds if it is to be quick."""
        ...


WORKLOADS: dict[str, Measure] = {
    "W1": w1_fake_pods.measure,
    "W2": w2_idle_pods.measure,
    "W3": w3_processes.measure,
    "W13": w13_docker.measure,
    "W15": w15_views.measure,
}


def main() -> None:
    """Read the command line, measure, print."""
    parser = _parser()
    options = parser.parse_args()
    names = [name.upper() for name in options.workloads] or list(WORKLOADS)
    if unknown := [name for name in names if name not in WORKLOADS]:
        parser.error(f"no workload {unknown[0]}; there are {', '.join(WORKLOADS)}")
    if options.record and (options.quick or options.workloads):
        parser.error("--record writes what a whole run found: no --quick, no choice of workloads")
    machine = this_machine()
    print(machine, file=sys.stderr if options.json else sys.stdout)
    comparisons = list(_measured(names, is_quick=options.quick))
    print(as_json(machine, comparisons) if options.json else table(comparisons))
    if options.record:
        record(machine, comparisons)
        print(f"recorded in {README}", file=sys.stderr)


def _measured(names: list[str], *, is_quick: bool) -> Iterator[Comparison]:
    for name in names:
        print(f"{name} ...", file=sys.stderr)
        yield from WORKLOADS[name](is_quick=is_quick)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure Seedpod beside its floors, in turns; print ratios with their spread.",
        epilog="example: python -m benchmarks --quick W1",
    )
    parser.add_argument(
        "workloads", nargs="*", metavar="W", help=f"{', '.join(WORKLOADS)}; if none, all"
    )
    parser.add_argument("--quick", action="store_true", help="fewer pods and rounds: some minutes")
    parser.add_argument("--json", action="store_true", help="every figure of every round, as JSON")
    parser.add_argument("--record", action="store_true", help=f"rewrite the table in {README.name}")
    return parser


if __name__ == "__main__":
    main()
