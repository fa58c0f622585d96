"""The commands, their options and their help."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Final

import click

from seedpod.cli.choices import (
    RunChoices,
    backoff_of,
    chosen_executor,
    grace_of,
    how_to_install,
    jitter_of,
    restart_limit_of,
    sweeping_executor,
)
from seedpod.cli.completion import SHELLS, script
from seedpod.cli.keeping import keeping, with_uid
from seedpod.cli.manifests import RefusedError, as_it_is, gather
from seedpod.cli.plan_text import as_json, as_text
from seedpod.cli.running import run_pods
from seedpod.cli.sweeping import as_lines, as_objects, sweep_all
from seedpod.errors import ExecutorError, ExecutorNotFoundError

USAGE: Final = 2
"""The exit code of a bad manifest or a bad command line: nothing was started."""
INTERRUPTED: Final = 130
PIPE_CLOSED: Final = 141
"""128 + SIGPIPE: whoever read the output has gone."""

_FILES = click.argument("files", metavar="FILE...", nargs=-1, required=True)
_EXECUTOR = click.option(
    "--executor",
    metavar="NAME",
    default="subprocess",
    show_default=True,
    help="What runs the containers: subprocess, docker (of seedpod-docker), or another plugin.",
)
_HOST = click.option(
    "--host",
    metavar="URL",
    help="Where the engine is: unix:///run/docker.sock, tcp://... (docker).  "
    "[default: where the docker command finds it]",
)
_LINKS = click.option(
    "--link-mounts-under",
    metavar="DIR",
    multiple=True,
    help="Let volumes appear below DIR, as symbolic links (subprocess; repeatable).",
)
_ISOLATION = click.option(
    "--isolation",
    type=click.Choice(["none", "view"]),
    help="What a container sees: the host as it is, or a view of its own, with volumes anywhere "
    "(subprocess).  [default: view where bubblewrap works, without --link-mounts-under]",
)
_NETWORK = click.option(
    "--network",
    type=click.Choice(["host", "private"]),
    help="The network of a pod: the host's, or a loopback of its own, which needs --isolation view "
    "(subprocess).  [default: host]",
)
_LIMITS = click.option(
    "--limits",
    type=click.Choice(["require", "best-effort"]),
    help="Whether a pod is refused whose resource limits this host's cgroups cannot enforce "
    "(subprocess).  [default: require]",
)


def execute(arguments: Sequence[str] | None) -> int:
    """Run the command line, and return its exit code: no mistake of a user ends in a traceback."""
    try:
        code = seedpod.main(args=arguments, prog_name="seedpod", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return 0
    except click.ClickException as error:
        error.show()
        return USAGE
    except RefusedError as error:
        click.echo(str(error), err=True)
        return USAGE
    except ExecutorNotFoundError as error:
        click.echo(f"seedpod: {error}{how_to_install(error)}", err=True)
        return USAGE
    except (ExecutorError, ImportError) as error:
        click.echo(f"seedpod: {error}", err=True)
        return USAGE
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except BrokenPipeError:
        # Python would complain about what it cannot flush at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    return code if isinstance(code, int) else 0


# Said to each command as well: click remembers a help option made without its parent.
_HELP = {"help_option_names": ["-h", "--help"]}


@click.group(no_args_is_help=True, context_settings=_HELP)
@click.version_option(package_name="seedpod", message="seedpod %(version)s")
def seedpod() -> None:
    """Run Kubernetes Pods without a cluster.

    \b
    Example:
      seedpod run pod.yaml
    """  # noqa: D301 - click reads \b


@seedpod.command(context_settings=_HELP, short_help="Run pods until they have ended.")
@_FILES
@_EXECUTOR
@_ISOLATION
@_NETWORK
@_LINKS
@_LIMITS
@_HOST
@click.option(
    "--keep",
    type=click.Choice(["none", "pods"]),
    help="What outlives a seedpod that is killed: nothing, or the pods, and the next seedpod run "
    "--keep pods of the same files goes on with them (docker). Ctrl-C ends them in any case.  "
    "[default: none]",
)
@click.option(
    "--grace",
    type=float,
    metavar="SECONDS",
    callback=grace_of,
    help="How long a pod may take to end when you stop it.  [default: as its manifest says]",
)
@click.option(
    "--backend",
    type=click.Choice(["asyncio", "trio"]),
    default="asyncio",
    show_default=True,
    help="The event loop to run on.",
)
@click.option(
    "--backoff",
    metavar="INITIAL:CAP",
    callback=backoff_of,
    help="Seconds a container waits before it runs again: the first wait (doubled each time) and "
    "the longest; or every wait, as in 0,1,5.  [default: 10:300]",
)
@click.option(
    "--backoff-jitter",
    type=float,
    default=0.0,
    metavar="SHARE",
    callback=jitter_of,
    help="Let each wait grow by chance, by up to this share of it (0.1: a tenth).",
)
@click.option(
    "--max-restarts",
    metavar="COUNT:SECONDS",
    callback=restart_limit_of,
    help="Give up a container that was restarted COUNT times within SECONDS: it has failed.  "
    "[default: never, as in Kubernetes]",
)
@click.option("--quiet", is_flag=True, help="Only what the containers write: no story, no table.")
@click.option(
    "-o",
    "--output",
    type=click.Choice(["json", "yaml"]),
    help="Print the final pods with their status; everything else goes to standard error.",
)
@click.option(
    "--events",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="PATH",
    help="Write every event to PATH as a line of JSON, while it happens.",
)
def run(files: tuple[str, ...], **options: Any) -> int:  # noqa: ANN401 - click's
    """Run the pods of every FILE (- is standard input) in one engine, until they have ended.

    The ConfigMaps and Secrets of the files are there for all pods. Ctrl-C stops the pods in order;
    once more, and they are killed.

    Exit code: 0 every pod succeeded; 1 one failed; 2 a manifest or the command line is wrong, and
    nothing was started; 130 or 143 interrupted.

    \b
    Examples:
      seedpod run pod.yaml
      seedpod run web.yaml settings.yaml --grace 5 --backoff 1:10
      seedpod run job.yaml -o json --events events.jsonl | jq .status.phase
    """  # noqa: D301 - click reads \b
    executor = chosen_executor(options)
    is_kept = options["keep"] == "pods"
    manifest = gather(files, executor, with_uid if is_kept else as_it_is)
    if not manifest.pods:
        raise click.UsageError(f"no pod in {', '.join(files)}")
    with keeping(manifest) if is_kept else nullcontext() as directory:
        return run_pods(manifest, executor, RunChoices.of(options, directory))


@seedpod.command(
    context_settings=_HELP, short_help="Check manifests, and print what would be done."
)
@_FILES
@_EXECUTOR
@_ISOLATION
@_NETWORK
@_LINKS
@_LIMITS
@_HOST
@click.option("-o", "--output", type=click.Choice(["json"]), help="Print the plans as JSON.")
def check(files: tuple[str, ...], **options: Any) -> int:  # noqa: ANN401 - click's
    """Check every FILE (- is standard input), and print what would be done with its pods.

    Nothing is started. Exit code: 0 all is well; 2 something is wrong, and said.

    \b
    Example:
      seedpod check pod.yaml
    """  # noqa: D301 - click reads \b
    manifest = gather(files, chosen_executor(options))
    click.echo(as_json(manifest) if options["output"] else as_text(manifest))
    return 0


@seedpod.command(context_settings=_HELP, short_help="Remove what killed seedpods have left.")
@click.option(
    "--executor",
    metavar="NAME",
    default="docker",
    show_default=True,
    help="What ran the containers.",
)
@_HOST
@click.option(
    "--kept",
    is_flag=True,
    help="Also what --keep pods has left, with its volumes, unless a seedpod goes on with it.",
)
@click.option("--dry-run", is_flag=True, help="Only print what would be removed.")
@click.option("-o", "--output", type=click.Choice(["json"]), help="Print what there is as JSON.")
def sweep(*, output: str | None, kept: bool, dry_run: bool, **options: Any) -> int:  # noqa: ANN401 - click's
    """Remove what is left of pods whose seedpod, or other host process, is no more.

    Each run with the executor does so for itself when it begins; this is for the last one. What
    --keep pods has left stays, and is named, without --kept.

    Exit code: 0 nothing is left but what is kept; 2 something could not be removed, or nobody
    could be asked.

    \b
    Examples:
      seedpod sweep
      seedpod sweep --kept --dry-run
    """  # noqa: D301 - click reads \b
    executor = sweeping_executor({**options, "kept": kept})
    found = sweep_all(executor, kept=kept, dry_run=dry_run)
    click.echo(as_objects(found) if output else as_lines(found, dry_run=dry_run))
    return 0


@seedpod.command(context_settings=_HELP, short_help="Print a completion script for a shell.")
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> int:
    """Print the script that makes SHELL complete seedpod's commands and options.

    \b
    Examples:
      eval "$(seedpod completion bash)"
      seedpod completion fish > ~/.config/fish/completions/seedpod.fish
    """  # noqa: D301 - click reads \b
    click.echo(script(seedpod, shell))
    return 0
