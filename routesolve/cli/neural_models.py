"""Commands about models: neural train, neural eval, neural info."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from routesolve.cli import render
from routesolve.cli.options import require_targets
from routesolve.errors import ExitCode, InputError
from routesolve.files import save_text
from routesolve.numbers import lasting, tidy

if TYPE_CHECKING:
    from collections.abc import Callable

    from routesolve.solvers.neural.judge import Score
    from routesolve.solvers.neural.training import Step
    from routesolve.solvers.neural.weights import Weights

PLAIN_SECONDS = 15.0  # between progress lines when nobody watches live
KINDS = {"imitation": "imitating", "reinforcement": "trying"}
VARIANTS = "CVRP,VRPTW,any,PVRP-P,PVRP-ZC,ATSP"


@click.command(short_help="Train a network, or go on with it.")
@click.option(
    "--preset",
    type=click.Choice(["smoke", "cpu", "gpu"]),
    default="smoke",
    show_default=True,
    help="How long and on what: a minute, two hours on a core, days on a GPU.",
)
@click.option(
    "--data", multiple=True, metavar="POOL", help="Pool to learn on; may be given several times."
)
@click.option("--held-out", metavar="POOL", help="Pool to be judged on; other areas.")
@click.option(
    "--lessons",
    metavar="FOLDER",
    help="Plans of our engine to imitate; made first, beside the weights, if left out.",
)
@click.option(
    "--out",
    "-o",
    default="weights.safetensors",
    show_default=True,
    type=click.Path(dir_okay=False),
    help="Where the weights go.",
)
@click.option("--checkpoint", help="Where the training is kept [beside the weights].")
@click.option(
    "--resume/--fresh",
    default=True,
    show_default=True,
    help="Go on from the checkpoint if there is one, or begin anew.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(min=0, min_open=True),
    help="Stop after so long; go on later.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of it all.")
@click.option(
    "--device",
    type=click.Choice(["cpu", "cuda"]),
    help="Where to compute [cuda for the preset gpu, otherwise cpu].",
)
@click.option(
    "--threads", type=click.IntRange(min=1), default=1, show_default=True, help="Of the CPU."
)
@click.option("--from", "start", metavar="WEIGHTS", help="Go on from weights, at a lower rate.")
@click.option(
    "--add",
    type=click.Choice(["profiles"]),
    help="With --from: teach attributes that those weights have not seen.",
)
@click.option("--log", metavar="CSV", help="Write a row for each judgement.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON on standard output.")
@click.option("-q", "--quiet", is_flag=True, help="No progress, no talk.")
def train(
    preset: str,
    data: tuple[str, ...],
    held_out: str | None,
    lessons: str | None,
    out: str,
    checkpoint: str | None,
    resume: bool,
    seconds: float | None,
    seed: int,
    device: str | None,
    threads: int,
    start: str | None,
    add: str | None,
    log: str | None,
    as_json: bool,
    quiet: bool,
) -> int:
    """Train the network and write its weights.

    Without --data it learns on made-up towns. It imitates plans of our engine first (presets cpu
    and gpu), then learns from its own. The state is kept every minute: after Ctrl-C, --seconds or
    a crash the same command goes on. One thread and the same seed give the same weights.

    \b
    routesolve neural train --preset smoke
    routesolve neural train --preset cpu --data pool.npz --held-out other.npz --log log.csv
    routesolve neural train --preset gpu --data pool.npz --seconds 3000 -o big.safetensors
    routesolve neural train --preset cpu --from old.safetensors --add profiles -o new.safetensors
    """
    require_targets([out], (".safetensors",))
    from routesolve.solvers.neural import runs
    from routesolve.solvers.neural.presets import PRESETS

    device = device or ("cuda" if preset == "gpu" else "cpu")
    runs.require_torch(device)
    import torch

    torch.set_num_threads(threads)
    talk = render.Talk(quiet=quiet or as_json)
    order = runs.Order(
        PRESETS[preset],
        out,
        data=data,
        held_out=held_out,
        lessons=lessons,
        checkpoint=checkpoint,
        fresh=not resume,
        seconds=seconds,
        seed=seed,
        device=device,
        start=start,
        add=add,
        log=log,
    )
    with _learning(talk) as listener:
        done = runs.train(order, say=talk.say, on_step=listener)
    if done.weights is None:
        click.echo("nothing was learned yet: the same command goes on", err=True)
        return _code(done.interrupted)
    if as_json:
        found = {"saved": out, "steps": done.steps, "of": done.whole}
        click.echo(json.dumps(found | {"evaluation": _rows(done.scores)}, indent=2))
        return _code(done.interrupted)
    _scores(done.scores)
    rest = "" if done.steps >= done.whole else f" of {done.whole:,}; the same command goes on"
    click.echo(f"{out}: {done.weights.size:,} weights, {done.steps:,} steps{rest}")
    return _code(done.interrupted)


@click.command("eval", short_help="Judge weights on problems of a pool.")
@click.argument("weights_file", metavar="[WEIGHTS]", required=False)
@click.option("--data", metavar="POOL", help="Where problems are drawn [made-up towns].")
@click.option(
    "--variants", default=VARIANTS, show_default=True, help="Which, with commas; 'all' for 51."
)
@click.option("--customers", default="20,50,100", show_default=True, help="How many, with commas.")
@click.option(
    "--count", type=click.IntRange(min=1), default=16, show_default=True, help="Problems of each."
)
@click.option(
    "--starts",
    type=click.IntRange(min=1),
    default=100,
    show_default=True,
    help="Rollouts of each problem, from other first customers; the best one counts.",
)
@click.option(
    "--against",
    type=click.Choice(["ils", "pyvrp", "nearest"]),
    default="ils",
    show_default=True,
    help="Whose plans are the reference: our engine's, PyVRP's, or the nearest neighbour's.",
)
@click.option(
    "--iterations", type=click.IntRange(min=1), help="Of our engine for each problem [80 x n]."
)
@click.option(
    "--time",
    "seconds",
    type=click.FloatRange(min=0, min_open=True),
    default=2.0,
    show_default=True,
    help="Of PyVRP for each problem.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Which.")
@click.option("--csv", "csv_file", metavar="FILE", help="Also write the table as CSV.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON on standard output.")
@click.option("-q", "--quiet", is_flag=True, help="No progress, no talk.")
def evaluate(
    weights_file: str | None,
    data: str | None,
    variants: str,
    customers: str,
    count: int,
    starts: int,
    against: str,
    iterations: int | None,
    seconds: float,
    seed: int,
    csv_file: str | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Compare plans of WEIGHTS (default: those of this package) with a reference.

    A gap is how much more a plan costs, as a share of what the reference's travel costs. Every
    best plan goes through the independent checker. Needs no torch.

    \b
    routesolve neural eval --data other.npz
    routesolve neural eval weights.safetensors --variants CVRP,VRPTW --customers 50 --csv gaps.csv
    """
    from routesolve.solvers.neural import judge
    from routesolve.solvers.neural.pool import Pool, synthetic_pool
    from routesolve.solvers.neural.sampler import NAMES
    from routesolve.solvers.neural.weights import Weights

    if csv_file:
        require_targets([csv_file], None)
    names = NAMES if variants == "all" else [name.strip() for name in variants.split(",")]
    cells = [(name, size) for name in names for size in _sizes(customers)]
    talk = render.Talk(quiet=quiet or as_json)
    policy = judge.by_weights(Weights.load(weights_file))
    pool = Pool.load(data) if data else synthetic_pool(range(1000, 1004), places=400)
    scores: list[Score] = []
    with talk.counting("judging") as listener:
        for k, cell in enumerate(cells):
            papers = judge.exam(
                pool,
                [cell],
                count=count,
                seed=seed,
                against=against,
                iterations=iterations,
                seconds=seconds,
            )
            scores += judge.judge(policy, papers, starts=starts, checked=True)
            if listener is not None:
                listener(k + 1, len(cells))
    if csv_file:
        save_text(csv_file, judge.table(scores))
    if as_json:
        click.echo(json.dumps(_rows(scores), indent=2))
        return
    _scores(scores)
    talk.saved([csv_file] if csv_file else [])


@click.command(short_help="Show what is known of weights.")
@click.argument("weights_file", metavar="[WEIGHTS]", required=False)
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON on standard output.")
def info(weights_file: str | None, as_json: bool) -> None:
    """Show the model card of WEIGHTS (default: those of this package).

    Sizes, variants, data, seeds, hours, evaluation and licence.

    \b
    routesolve neural info
    routesolve neural info weights.safetensors --json
    """
    from routesolve.solvers.neural.weights import Weights

    weights = Weights.load(weights_file)
    about = weights.about
    if as_json:
        found = {"parameters": weights.size, "config": asdict(weights.config), "about": about}
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    render.pairs([(name, text) for name, text in _card(weights) if text])
    if rows := about.get("evaluation"):
        _table(rows)


def _card(weights: Weights) -> Iterator[tuple[str, str]]:
    """The model card in words."""
    about, config = weights.about, weights.config
    yield "weights", f"{weights.size:,}"
    yield (
        "network",
        f"width {config.width}, {config.layers} layers, {config.heads} heads, "
        f"hidden {config.hidden}, ways {config.edge}",
    )
    yield "variants", ", ".join(about.get("variants", ()))
    if customers := about.get("customers"):
        yield "customers", f"{customers[0]} to {customers[1]}"
    for key in ("data", "held_out"):
        yield key.replace("_", " "), _pool(about.get(key))
    if "hours" in about:
        lessons = f", {about['lessons']:,} batches imitated" if about.get("lessons") else ""
        yield (
            "training",
            f"{about.get('steps', 0):,} steps, {about.get('problems', 0):,} problems, "
            f"{lasting(3600 * about['hours'], clock=True)}{lessons}",
        )
    yield "seed", str(about.get("seed", ""))
    yield "hardware", str(about.get("hardware", ""))
    yield "versions", ", ".join(f"{k} {v}" for k, v in about.get("versions", {}).items())
    if before := about.get("from"):
        yield "from", f"weights of {before.get('steps', 0):,} steps"
    yield "licence", str(about.get("licence", ""))


def _pool(said: Any) -> str:
    """What a card says of a pool."""
    if not isinstance(said, dict):
        return str(said or "")
    names = said.get("areas", [])
    few = ", ".join(names[:4]) + (", ..." if len(names) > 4 else "")
    text = f"{len(names)} areas ({few}), {said.get('places', 0):,} places"
    return text + "".join(f"; {x}" for key in ("engines", "licences") for x in said.get(key, []))


def _sizes(text: str) -> list[int]:
    """Numbers of customers."""
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() and int(part) for part in parts):
        raise InputError(f"--customers {text!r}", fix="give numbers with commas: 20,50,100")
    return [int(part) for part in parts]


def _rows(scores: list[Score]) -> list[dict[str, Any]]:
    rows = [asdict(score) for score in scores]
    return [{k: tidy(v) if isinstance(v, float) else v for k, v in row.items()} for row in rows]


def _scores(scores: list[Score]) -> None:
    _table([asdict(score) for score in scores])


def _table(rows: list[dict[str, Any]]) -> None:
    """What was judged, a line for each cell."""
    heads = [("variant", False), ("customers", True), ("problems", True), ("starts", True)]
    heads += [("best gap", True), ("mean gap", True), ("/ nearest", True), ("unserved", True)]
    heads += [("violations", True), ("s each", True), ("against", False)]
    render.table(
        heads,
        [
            [
                str(row["variant"]),
                f"{row['customers']:,}",
                f"{row['problems']:,}",
                f"{row['starts']:,}",
                f"{100 * row['best']:+.1f} %",
                f"{100 * row['mean']:+.1f} %",
                f"{row['nearest']:.3f}",
                f"{row['unserved']:,}",
                "–" if row["violations"] is None else f"{row['violations']:,}",
                f"{row['seconds']:.3f}",
                str(row["against"]),
            ]
            for row in rows
        ],
    )


def _code(interrupted: bool) -> int:
    return int(ExitCode.INTERRUPTED if interrupted else ExitCode.SOLVED)


@contextmanager
def _learning(talk: render.Talk) -> Iterator[Callable[[Step, int], None] | None]:
    """A live line on a terminal, a plain line now and then elsewhere."""
    if talk.quiet:
        yield None
        return
    if not talk.console.is_terminal:
        last = 0.0

        def plain(step: Step, whole: int) -> None:
            nonlocal last
            if step.seconds - last >= PLAIN_SECONDS or not last:
                last = step.seconds
                talk.say(KINDS[step.kind], _stepped(step, whole))

        yield plain
        return
    columns = (
        TextColumn(" [dim]{task.description:<9}[/dim]"),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[state]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=talk.console, transient=True) as live:
        task = live.add_task("learning", total=None, state="")

        def listen(step: Step, whole: int) -> None:
            live.update(
                task,
                completed=step.number,
                total=whole,
                description=KINDS[step.kind],
                state=_stepped(step, whole),
            )

        yield listen


def _stepped(step: Step, whole: int) -> str:
    rate = step.problems * step.number / max(step.seconds, 1e-9)
    return f"step {step.number:,} of {whole:,}, loss {step.loss:.3f}, {rate:.0f} problems/s"
