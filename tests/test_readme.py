"""The README tells the truth."""

from __future__ import annotations

import re

import click
from click.testing import CliRunner

from routesolve.cli import COMMANDS, group
from routesolve.instances.formats import FORMATS
from routesolve.solutions.writers import WRITERS
from routesolve.solvers.registry import SOLVERS
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text("utf-8")


def test_ci_runs_the_two_commands() -> None:
    """The commands that set everything up are those that CI runs, word for word."""
    commands = [line for line in README.splitlines() if line.startswith("python3 -m venv")]
    assert len(commands) == 2
    ci = (ROOT / ".ci" / "run").read_text("utf-8").splitlines()
    assert all(command in ci for command in commands)


def test_commands_exist_and_have_help() -> None:
    """Every command of the README exists; every command and option has a help text."""
    used = set(re.findall(r"^routesolve (\w+)", README, flags=re.MULTILINE))
    assert used <= set(COMMANDS)
    for name in COMMANDS:
        command = group.get_command(None, name)  # type: ignore[arg-type]
        assert command is not None
        assert command.help
        for option in command.params:
            assert option.param_type_name == "argument" or option.help, (name, option.name)  # type: ignore[attr-defined]
        answer = CliRunner().invoke(group, [name, "--help"])
        assert answer.exit_code == 0


def test_options_of_the_examples_exist() -> None:
    """Every option in an example is one of the command's."""
    for line in README.splitlines():
        if match := re.match(r"routesolve (\w+) (.*?)(#.*)?$", line):
            command = group.get_command(None, match[1])  # type: ignore[arg-type]
            words = iter(match[2].split())
            while isinstance(command, click.Group):
                command = command.commands.get(next(words))
            assert command is not None
            known = {name for option in command.params for name in option.opts}
            given = {word for word in match[2].split() if word.startswith("-")}
            assert given <= known, line


def test_registries_are_named() -> None:
    """Solvers are listed; formats and writers have names that the registries know."""
    for name in SOLVERS:
        assert f"`{name}`" in README
    assert len(FORMATS) >= 8
    assert len(WRITERS) >= 6
