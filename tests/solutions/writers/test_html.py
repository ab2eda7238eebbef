"""The page: whole in itself, safe, and readable again."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest

from routesolve import pages
from routesolve.solutions.writers import html, native
from tests.solutions.writers import cases

CASES = [cases.city, cases.plane, cases.matrix_only, cases.mixed_fleet, cases.empty]


class _Page(HTMLParser):
    """Collects elements, attributes and the text of scripts and of everything else."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.attributes: list[tuple[str, str, str]] = []
        self.scripts: dict[str, str] = {}
        self.words = ""
        self._script: str | None = None
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.attributes += [(tag, key, value or "") for key, value in attrs]
        if tag == "script":
            self._script = dict(attrs).get("id") or f"script-{len(self.scripts)}"
            self.scripts[self._script] = ""
        if tag not in ("meta", "line", "rect", "circle", "path", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
        if tag == "script":
            self._script = None

    def handle_startendtag(self, tag, attrs):
        self.attributes += [(tag, key, value or "") for key, value in attrs]

    def handle_data(self, data):
        if self._script is not None:
            self.scripts[self._script] += data
        else:
            self.words += data


@pytest.mark.parametrize("case", CASES)
def test_page_is_well_formed_and_holds_its_plan(case):
    """Every element is closed, and the embedded plan is the native document."""
    result = case()
    page = _Page(html.render(result))
    assert page.open == []
    assert json.loads(page.scripts["routesolve-plan"]) == json.loads(
        json.dumps(native.document(result))
    )


@pytest.mark.parametrize("case", [lambda: cases.city(network=True), cases.plane])
def test_nothing_points_outside(case):
    """No attribute, style sheet or script fetches anything from anywhere."""
    text = html.render(case())
    page = _Page(text)
    for tag, key, value in page.attributes:
        assert key not in ("src", "href", "srcset", "action", "data"), (tag, key, value)
        assert not re.search(r"https?:", value), (tag, key, value)
    assert not re.search(r"url\(\s*['\"]?(?!#)", text)
    assert not re.search(r"(?:src|href)\s*=\s*\\?[\"'](?!#)", text)
    assert "sourceMappingURL" not in text
    # What is left: the SVG namespace, and the address in the licence note of the map's code.
    left = set(re.findall(r"https?://[^\s\"'<)]+", text))
    assert left <= {"http://www.w3.org/2000/svg", "https://leafletjs.com"}
    assert "default-src 'none'" in text


def test_names_cannot_break_out():
    """A name with a script element is shown, never run, in the page and in its JSON."""
    text = html.render(cases.city())
    page = _Page(text)
    assert "<script>alert" not in text
    assert "</script><script>alert" not in text
    assert 'alert("x")' in page.words
    plan = json.loads(page.scripts["routesolve-plan"])
    names = [visit["name"] for route in plan["routes"] for visit in route["visits"]]
    assert cases.NASTY in names
    assert cases.ARABIC in names
    assert sum(name.startswith("script") for name in page.scripts) == 2


def test_separators_are_escaped_in_scripts():
    """U+2028 ends a line in old scripts, and ``<`` could end the element."""
    text = pages.script_text(json.dumps({"a": "</script>\u2028\u2029&"}, ensure_ascii=False))
    assert not set("<>&\u2028\u2029") & set(text)
    assert json.loads(text) == {"a": "</script>\u2028\u2029&"}


def test_what_a_dispatcher_looks_for_is_there():
    """Check result, unserved job with reason, rounding, network, attribution, clock times."""
    words = _Page(html.render(cases.city(network=True))).words
    for text in ("Checked:", "Not served", "impossible", "OpenStreetMap", "van-1", "08:", "km"):
        assert text in words, text
    plane = _Page(html.render(cases.plane())).words
    assert "rounded to integers" in plane
    assert "lower bound" in plane
    assert "Gap" in plane


def test_map_data():
    """Routes, stops and streets go to the map; a matrix instance has a note instead."""
    page = _Page(html.render(cases.city(network=True)))
    drawing = json.loads(page.scripts["routesolve-map"])
    assert drawing["geographic"]
    assert len(drawing["routes"]) == 2
    assert drawing["streets"]
    assert [stop["order"] for stop in drawing["routes"][0]["stops"]] == [1, 2, 3, 4, 5, 6]
    matrix = _Page(html.render(cases.matrix_only()))
    assert "routesolve-map" not in matrix.scripts
    assert "no coordinates" in matrix.words


def test_a_thousand_stops_stay_below_two_megabytes():
    """A large plan on the whole embedded network is still a page one can send."""
    assert len(html.render(cases.city(stops=1000, network=True)).encode()) < 2_000_000


def test_fragment_keeps_to_itself():
    """In a notebook the page sits in a frame, escaped."""
    text = html.fragment(cases.plane())
    page = _Page(text)
    assert [tag for tag, key, _ in page.attributes if key == "srcdoc"] == ["iframe"]
    assert page.scripts == {}
    assert cases.plane()._repr_html_() == text


def test_curve_is_thinned():
    """A long trace becomes a short path that keeps both ends."""
    import dataclasses

    from routesolve.solutions.writers._curve import MOST_POINTS, curve

    trace = tuple((k / 1000, 10_000.0 - k) for k in range(5000))
    drawn = curve(dataclasses.replace(cases.plane(), trace=trace, runtime=5.0))
    assert drawn is not None
    assert drawn.path.count("V") < MOST_POINTS
    assert curve(dataclasses.replace(cases.plane(), trace=trace[:1])) is None
