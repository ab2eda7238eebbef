"""What all pages share: safe, whole in themselves."""

from __future__ import annotations

import json
import re

import pytest

from routesolve import pages
from routesolve.pages import polyline


@pytest.mark.parametrize("name", ["leaflet.js", "leaflet.css", "page.css", "map.js"])
def test_files_point_nowhere(name: str) -> None:
    """Style sheets and scripts load nothing, and name no source map."""
    text = pages.static("routesolve.pages", name)
    assert len(text) > 500
    assert "sourceMappingURL" not in text
    assert not re.search(r"url\(\s*['\"]?(?!#)", text)
    assert not re.search(r"(?:src|href)\s*=\s*[\"'](?!#)", text)


def test_json_in_scripts_cannot_end_them() -> None:
    """What a name holds stays data."""
    document = {"name": "</script><script>alert(1)</script>\u2028"}
    text = pages.script_json(document)
    assert "<" not in text
    assert "\u2028" not in text
    assert json.loads(text) == document


def test_frame_escapes_its_page() -> None:
    """A page in a frame cannot break out of the attribute that holds it."""
    text = pages.frame('<p title="a">&</p>', title='x"y')
    assert text.count("<") == 2
    assert "&lt;p title=&quot;a&quot;&gt;&amp;&lt;/p&gt;" in text


def test_polyline_of_one_place() -> None:
    """A point is the difference from the origin."""
    assert polyline.encode([[-120.2, 38.5]]) == "_p~iF~ps|U"
