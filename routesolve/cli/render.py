"""What people read: header, live progress, tables. Answers to stdout, talk to stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table
from rich.text import Text

from routesolve.instances.instance import VrpInstance
from routesolve.numbers import lasting, reaching, shown
from routesolve.solutions.checker import Report
from routesolve.solutions.clock import Clock
from routesolve.solutions.result import Result
from routesolve.solutions.solution import Route
from routesolve.solvers.base import Budget, Listener
from routesolve.solvers.base import Progress as Event

if TYPE_CHECKING:
    from routesolve.graphs.maps import Routes

PLAIN_SECONDS = 5.0  # between progress lines when nobody watches live


class _ElapsedBar(ProgressColumn):
    """A bar of time: it moves while a solver is busy outside Python's sight."""

    def render(self, task: Task) -> Text:
        total, elapsed = task.fields["seconds"], task.elapsed or 0.0
        if total is None:
            return Text(f"{elapsed:5.1f} s", style="progress.elapsed")
        done = min(elapsed / total, 1.0)
        width = 24
        full = round(done * width)
        bar = Text("━" * full, style="bar.complete") + Text("━" * (width - full), style="bar.back")
        return bar + Text(f" {min(elapsed, total):.1f}/{total:g} s", style="progress.elapsed")


class Talk:
    """Everything that is said on stderr while a command runs."""

    def __init__(self, *, quiet: bool) -> None:
        self.quiet = quiet
        self.console = Console(stderr=True, highlight=False)

    def say(self, topic: str, text: str) -> None:
        """One line: what it is about, then the facts."""
        if not self.quiet:
            line = Text.assemble((f" {topic:<9}", "dim"), text)
            self.console.print(line, soft_wrap=True)

    def header(self, instance: VrpInstance) -> None:
        """The instance in a line or two."""
        fleet = [(k.count, k) for k in instance.vehicle_types]
        known = sum(count for count, _ in fleet if count is not None)
        vehicles = "a free fleet" if any(c is None for c, _ in fleet) else f"{known} vehicles"
        parts = [f"{len(instance.jobs)} jobs"] if instance.jobs or not instance.shipments else []
        parts += [f"{len(instance.shipments)} shipments"] if instance.shipments else []
        parts += [vehicles, f"{len(instance.depots)} depot{'s' * (len(instance.depots) != 1)}"]
        self.say("instance", f"{instance.name or 'unnamed'}: {', '.join(parts)}")

    @contextmanager
    def working(self, topic: str) -> Iterator[None]:
        """A spinner while something short goes on."""
        if self.quiet or not self.console.is_terminal:
            yield
            return
        with self.console.status(f"{topic} ...", spinner="dots"):
            yield

    @contextmanager
    def counting(self, topic: str) -> Iterator[Callable[[int, int], None] | None]:
        """A bar while something long goes on that knows how much is done and how much there is."""
        if self.quiet or not self.console.is_terminal:
            yield None
            return
        said = TextColumn(f" [dim]{topic:<9}[/dim]")
        columns = (said, BarColumn(bar_width=24), TimeElapsedColumn())
        with Progress(*columns, console=self.console, transient=True) as live:
            task = live.add_task("", total=None)
            yield lambda done, total: live.update(task, completed=done, total=total)

    def roads(self, instance: VrpInstance, seconds: float) -> None:
        """What the vehicles travel on."""
        used = {instance.profile_of(kind).id for kind in instance.vehicle_types}
        for name in sorted(used):
            profile = next(p for p in instance.profiles if p.id == name)
            travel = instance.travel(profile)
            text = f"{len(instance.locations)} places, {travel.description}"
            furthest = (
                max(travel.snap_distances, default=0.0)
                if travel.snap_distances is not None
                else 0.0
            )
            if furthest >= 1:
                text += f", at most {furthest:.0f} m from a stop"
            if seconds > 0.05:
                text += f" ({seconds:.1f} s)"
            if travel.approximate:
                text += "; for real roads: --network"
            self.say("roads", text)

    @contextmanager
    def progress(self, budget: Budget, solver: str) -> Iterator[Listener | None]:
        """A live line on a terminal, a plain line now and then elsewhere."""
        if self.quiet:
            yield None
        elif self.console.is_terminal:
            with self._live(budget, solver) as listener:
                yield listener
        else:
            yield self._plain()

    @contextmanager
    def _live(self, budget: Budget, solver: str) -> Iterator[Listener]:
        columns = (
            TextColumn(f" [dim]{'solving':<9}[/dim]{solver}"),
            SpinnerColumn(),
            _ElapsedBar() if budget.seconds is not None else BarColumn(bar_width=24),
            TextColumn("{task.fields[state]}"),
        )
        with Progress(*columns, console=self.console, refresh_per_second=8) as live:
            task = live.add_task(
                "", total=budget.iterations, seconds=budget.seconds, state="no plan yet"
            )

            def listen(event: Event) -> None:
                live.update(task, completed=event.iteration, state=_state(event))

            yield listen

    def _plain(self) -> Listener:
        last = 0.0

        def listen(event: Event) -> None:
            nonlocal last
            if event.elapsed - last >= PLAIN_SECONDS or last == 0.0:
                last = max(event.elapsed, 1e-9)
                self.say("solving", f"{event.elapsed:6.1f} s  {_state(event)}")

        return listen

    def saved(self, targets: Sequence[str]) -> None:
        """Which files were written."""
        for target in targets:
            self.say("saved", target + ("   <- open this" if target.endswith(".html") else ""))

    def next_steps(self, plan: str) -> None:
        """What to try after the demo."""
        if self.quiet:
            return
        self.console.print("\n Now yours:   routesolve vrp stops.csv --vehicles 4 --capacity 120")
        self.console.print(f" More:        routesolve check {plan}  ·  routesolve --help")


def _state(event: Event) -> str:
    parts = ["no plan yet" if event.cost is None else f"cost {shown(event.cost)}"]
    if event.unserved:
        parts.append(f"{event.unserved} unserved")
    if event.bound is not None and event.cost:
        parts.append(f"gap <= {100 * (event.cost - event.bound) / abs(event.cost):.1f} %")
    if event.note:
        parts.append(event.note)
    return " · ".join(parts)


def _console() -> Console:
    """Standard output; wide enough for the table when it goes into a file."""
    width = None if sys.stdout.isatty() else 140
    return Console(highlight=False, width=width)


def result(found: Result, *, verbose: int) -> None:
    """The plan as a table, what is left out, and what the checker says."""
    console = _console()
    instance = found.instance
    _routes(console, instance, found.report)
    if verbose:
        _visits(console, instance, found.report)
    _unserved(console, instance, found.report)
    report, bound = found.report, ""
    if found.gap is not None:
        bound = f", proven gap {100 * found.gap:.2f} %"
    convention = "" if instance.geographic else f", rounding {instance.rounding}"
    served = int(report.totals["served"])
    console.print(
        f"\n [bold]cost {shown(report.cost, 2)}[/bold]{convention}{bound}, "
        f"{served}/{instance.task_count} served, solver {found.solver}, seed {found.seed}, "
        f"{found.runtime:.1f} s" + (", interrupted" if found.interrupted else "")
    )
    _violations(console, report)
    if verbose > 1:
        console.print(" versions " + ", ".join(f"{k} {v}" for k, v in found.versions.items()))


def report(
    instance: VrpInstance, found: Report, *, as_json: bool, quiet: bool, verbose: int
) -> None:
    """The checker's findings."""
    if as_json:
        document: dict[str, Any] = {
            "feasible": found.feasible,
            "complete": found.complete,
            "cost": found.cost,
            "cost_terms": found.terms,
            "rounding": str(instance.rounding),
            "totals": found.totals,
            "violations": [
                {
                    "kind": v.kind,
                    "message": v.message,
                    "amount": v.amount,
                    "vehicle": v.vehicle,
                    "job": v.job,
                }
                for v in found.violations
            ],
            "unassigned": [
                {"kind": u.kind, "id": u.id, "reason": u.reason, "detail": u.detail}
                for u in found.solution.unassigned
            ],
        }
        click.echo(json.dumps(document, indent=2))
        return
    console = _console()
    if not quiet:
        _routes(console, instance, found)
        if verbose:
            _visits(console, instance, found)
        _unserved(console, instance, found)
        terms = ", ".join(f"{k} {shown(v, 2)}" for k, v in found.terms.items() if v)
        console.print(
            f"\n [bold]cost {shown(found.cost, 2)}[/bold] ({terms or 'nothing costs'}), "
            f"rounding {instance.rounding}, {int(found.totals['vehicles'])} vehicles, "
            f"{int(found.totals['served'])}/{instance.task_count} served"
        )
    _violations(console, found)


def _kilometres(instance: VrpInstance, metres: float | None) -> str:
    if metres is None:
        return "–"
    return f"{metres / 1000:.1f}" if instance.geographic else shown(metres, 1)


def _load(instance: VrpInstance, route: Route) -> str:
    if not instance.dimension_count:
        return ""
    kind = instance.vehicle_types_by_id[route.vehicle_type]
    peaks = [max(column) for column in zip(*(v.load or () for v in route.visits), strict=True)]
    capacity = instance.capacity(kind)
    return " ".join(
        f"{shown(peak)}/{shown(limit)}" if limit < float("inf") else shown(peak)
        for peak, limit in zip(peaks, capacity, strict=True)
    )


def _routes(console: Console, instance: VrpInstance, found: Report) -> None:
    clock = Clock(instance, found.solution)
    table = Table(box=None, pad_edge=True, header_style="dim")
    table.add_column("route")
    table.add_column("stops", justify="right")
    table.add_column("load", justify="right")
    table.add_column("out – back")
    for name in ("driving", "waiting", "km" if instance.geographic else "distance", "cost"):
        table.add_column(name, justify="right")
    for route in found.solution.routes:
        first, last = route.visits[0], route.visits[-1]
        table.add_row(
            route.name,
            str(len(route.stops)),
            _load(instance, route),
            f"{clock.short(first.begin)} – {clock.short(last.departure)}",
            clock.span(route.driving),
            clock.span(route.waiting),
            _kilometres(instance, route.distance),
            shown(route.cost),
        )
    totals = found.totals
    table.add_section()
    table.add_row(
        "total",
        str(sum(len(route.stops) for route in found.solution.routes)),
        "",
        f"{int(totals['vehicles'])} vehicles",
        clock.span(totals["driving"]),
        clock.span(totals["waiting"]),
        _kilometres(instance, totals["distance"]),
        shown(sum(route.cost or 0.0 for route in found.solution.routes)),
        style="bold",
    )
    console.print(table)


def _visits(console: Console, instance: VrpInstance, found: Report) -> None:
    clock = Clock(instance, found.solution)
    for route in found.solution.routes:
        console.print(f"\n [bold]{route.name}[/bold]")
        for visit in route.visits:
            waiting = f"  waits {clock.span(visit.waiting)}" if visit.waiting > 0.5 else ""
            load = " ".join(shown(x) for x in visit.load or ())
            console.print(
                f"   {clock.short(visit.arrival):>9}  {visit.kind:<9}{visit.id or ''}"
                f"{'  load ' + load if load else ''}{waiting}"
            )


def _unserved(console: Console, instance: VrpInstance, found: Report) -> None:
    left = found.solution.unassigned
    if not left:
        return
    table = Table(
        box=None, header_style="dim", title=f"{len(left)} not served", title_justify="left"
    )
    for name in ("job", "reason", "why"):
        table.add_column(name)
    for item in left[:50]:
        reason = (item.reason or "").replace("_", " ")
        table.add_row(instance.tasks_by_id[item.id].label, reason, item.detail or "")
    console.print()
    console.print(table)
    if len(left) > 50:
        console.print(f"   ... and {len(left) - 50} more (--json lists all)")


def _violations(console: Console, found: Report) -> None:
    if found.feasible:
        console.print(" plan checked independently: [green]0 violations[/green]")
        return
    count = len(found.violations)
    console.print(f" plan checked independently: [red bold]{count} violations[/red bold]")
    for violation in found.violations[:50]:
        console.print(f"   [red]{violation.kind}[/red]  {violation.message}", soft_wrap=True)
    if count > 50:
        console.print(f"   ... and {count - 50} more (--json lists all)")


def names(table: Mapping[str, str], *, as_json: bool) -> None:
    """A list of names with a line each."""
    if as_json:
        click.echo(json.dumps(dict(table), indent=2, ensure_ascii=False))
        return
    width = max(map(len, table), default=0)
    for name, text in table.items():
        click.echo(f"{name:<{width}}  {text}")


def pairs(lines: Sequence[tuple[str, str]]) -> None:
    """Names and what is said of each, one below the other."""
    width = max((len(name) for name, _ in lines), default=0)
    for name, text in lines:
        click.echo(f"{click.style(f'{name:<{width}}', dim=True)}  {text}")


def table(heads: Sequence[tuple[str, bool]], rows: Sequence[Sequence[str]]) -> None:
    """A table; a head is a title and whether its column holds numbers."""
    made = Table(box=None, pad_edge=True, header_style="dim")
    for name, number in heads:
        made.add_column(name.lower(), justify="right" if number else "left")
    for row in rows:
        made.add_row(*map(Text, row))
    _console().print(made)


def ways(found: Routes, *, directions: bool) -> None:
    """The table of ways, and the streets of the best one."""
    table(found.heads(), found.rows())
    if not directions:
        return
    click.echo()
    steps = [
        (step.label, reaching(step.distance, clock=True), step.duration)
        for step in found.ways[0].steps
    ]
    heads = (("", True), ("directions", False), ("distance", True), ("time", True))
    table(
        heads,
        [
            [str(k), name, length, lasting(seconds, clock=True)]
            for k, (name, length, seconds) in enumerate(steps, 1)
        ],
    )
