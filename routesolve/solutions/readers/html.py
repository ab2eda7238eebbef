"""The plan that our HTML page carries in itself."""

from __future__ import annotations

import re

from routesolve.errors import InputError
from routesolve.instances.instance import VrpInstance
from routesolve.solutions.readers import native
from routesolve.solutions.readers._draft import PlanReader
from routesolve.solutions.solution import Solution

_PLAN = re.compile(r'<script[^>]{0,200}\bid="routesolve-plan"[^>]{0,200}>', re.IGNORECASE)


def sniff(text: str) -> bool:
    """Tell by the element that holds the plan."""
    return _PLAN.search(text) is not None


def plan_text(text: str) -> str:
    """Return the native plan document that a page carries.

    Raises
    ------
    InputError
        When there is none, or it is not whole.
    """
    start = _PLAN.search(text)
    if start is None:
        raise InputError(
            'the page holds no plan: no <script id="routesolve-plan">',
            fix="give a page that routesolve wrote",
        )
    end = text.find("</script", start.end())
    if end < 0:
        raise InputError("the plan in the page is cut off", fix="is the file truncated?")
    return text[start.end() : end]


def read(text: str, instance: VrpInstance) -> Solution:
    """Read the embedded native plan document."""
    return native.read(plan_text(text), instance)


READER = PlanReader(sniff, read)
