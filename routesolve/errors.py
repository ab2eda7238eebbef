"""Exceptions of routesolve: each says what is wrong, where, and how to mend it.

The exit code of the command line is a property of the exception class, so that the shell, a log and
a caller in Python see the same classification.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of the command line (0 to 3 have the same meaning as in VROOM)."""

    SOLVED = 0
    INTERNAL = 1
    INPUT = 2
    ROUTING = 3
    UNSERVED = 4
    INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: what, where (file, line or JSON pointer) and how to mend it."""

    what: str
    where: str | None = None
    fix: str | None = None

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        return f"{text}\n    fix: {self.fix}" if self.fix else text


class RouteSolveError(Exception):
    """Base of all errors of this package.

    Parameters
    ----------
    problems
        A sentence, one :class:`Problem`, or several: all that is wrong, gathered before raising.
    where, fix
        Used when ``problems`` is a sentence.
    """

    exit_code: ExitCode = ExitCode.INTERNAL

    def __init__(
        self,
        problems: str | Problem | Iterable[Problem],
        *,
        where: str | None = None,
        fix: str | None = None,
    ) -> None:
        if isinstance(problems, str):
            problems = (Problem(problems, where, fix),)
        elif isinstance(problems, Problem):
            problems = (problems,)
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))

    def within(self, source: str) -> RouteSolveError:
        """Return the same error with ``source`` (a file name) put before every place."""
        placed = (
            Problem(p.what, f"{source} {p.where}" if p.where else source, p.fix)
            for p in self.problems
        )
        return type(self)(placed)


class InputError(RouteSolveError, ValueError):
    """The input is wrong: unreadable file, bad value, inconsistent instance or plan."""

    exit_code = ExitCode.INPUT


class RoutingError(RouteSolveError):
    """A stop cannot be reached on the roads given, or a routing engine does not answer."""

    exit_code = ExitCode.ROUTING


class UnsupportedFeature(RouteSolveError):
    """The chosen solver lacks features that the instance uses."""

    exit_code = ExitCode.INPUT


class MissingExtra(RouteSolveError, ImportError):
    """An optional dependency is not installed; the message is the command that installs it."""

    exit_code = ExitCode.INPUT

    def __init__(self, extra: str, what: str) -> None:
        super().__init__(f'{what} (pip install "routesolve[{extra}]")')


class RoutesolveWarning(UserWarning):
    """Something in the input is not used, or taken in a sense that the user should know."""
