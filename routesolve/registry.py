"""Names of replaceable parts, resolved when used: listing them imports none of them."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

from routesolve.errors import InputError


class Registry(Mapping[str, str]):
    """A table ``name -> "module:attribute"``.

    Parameters
    ----------
    what
        What is registered, for messages ("solver", "format").
    entries
        The table.
    """

    def __init__(self, what: str, entries: Mapping[str, str]) -> None:
        self.what = what
        self._entries = dict(entries)

    def __getitem__(self, name: str) -> str:
        return self._entries[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def load(self, name: str) -> Any:
        """Import and return the part called ``name``.

        Raises
        ------
        InputError
            When no part has this name; the message lists the names.
        """
        if name not in self._entries:
            near = difflib.get_close_matches(name, self._entries, n=1)
            raise InputError(
                f"there is no {self.what} {name!r}",
                fix=(f"did you mean {near[0]!r}? " if near else "")
                + f"known: {', '.join(self._entries)}",
            )
        module, _, attribute = self._entries[name].partition(":")
        return getattr(import_module(module), attribute)
