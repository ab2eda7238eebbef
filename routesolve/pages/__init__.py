"""What all HTML pages share: layout, style, and a map that needs no network.

A page is a template of its own room that extends ``page.html.j2`` of this one. Nothing in it points
outside; a content security policy makes sure. Maps are drawn with Leaflet, which is in the page.
"""

from __future__ import annotations

import html
import json
import re
from functools import cache
from importlib import resources
from typing import Any

FRAME_HEIGHT = 720


def render(package: str, name: str, *, drawing: Any = None, **values: Any) -> str:
    """Return a page.

    Parameters
    ----------
    package, name
        The page is ``templates/NAME.html.j2`` of this package; ``static/NAME.css`` and
        ``static/NAME.js`` beside it are put in, too.
    drawing
        What the map shows, as JSON; None for a page without one.
    **values
        What the template asks for; ``title`` always.
    """
    page: str = _template(package, f"{name}.html.j2").render(
        style=static(__name__, "leaflet.css")
        + static(__name__, "page.css")
        + static(package, f"{name}.css"),
        leaflet=static(__name__, "leaflet.js"),
        leaflet_licence=static(__name__, "LICENSE-leaflet.txt").replace("*/", ""),
        map_script=static(__name__, "map.js"),
        script=static(package, f"{name}.js"),
        has_map=drawing is not None,
        map_json=script_json(drawing),
        **values,
    )
    return page


def frame(page: str, *, title: str) -> str:
    """Return a page inside a frame, for notebooks: its styles and scripts stay in there."""
    text = html.escape(page, quote=True)
    return (
        f'<iframe srcdoc="{text}" title="{html.escape(title)}" '
        f'style="width:100%;height:{FRAME_HEIGHT}px;border:0"></iframe>'
    )


@cache
def _template(package: str, name: str) -> Any:
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader(__name__)]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)


@cache
def static(package: str, name: str) -> str:
    """Return a file of a page, without what would point outside the page."""
    text = (resources.files(package) / "static" / name).read_text(encoding="utf-8")
    if name == "leaflet.js":
        text = re.sub(r"\n//# sourceMappingURL=\S*", "\n", text)
        text = re.sub(r'<a href="https?://[^"]*"[^>]*>', "<span>", text, count=1)
    elif name == "leaflet.css":
        text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
        text = re.sub(r"[^{};]*:\s*url\([^)]*\);", "", text)
    return text


def script_json(document: Any) -> str:
    """Return a document as JSON that is safe inside a script element."""
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return script_text(text)


def script_text(text: str) -> str:
    """Make JSON text safe inside a script element; it stays the same JSON."""
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text
