"""A small OpenStreetMap extract, made for tests."""

from __future__ import annotations

from pathlib import Path

SIDE = 5
"""Junctions along each side."""


def write_town(path: Path, *, lon: float = 6.0, lat: float = 46.0) -> Path:
    """A leaning grid of streets, some one-way, in a file that every OpenStreetMap tool reads."""
    nodes = [
        f'<node id="{row * SIDE + column + 1}" lon="{lon + 0.002 * column + 0.0005 * row:.4f}" '
        f'lat="{lat + 0.0015 * row:.4f}"/>'
        for row in range(SIDE)
        for column in range(SIDE)
    ]
    ways = []
    for k in range(SIDE):
        oneway = '<tag k="oneway" v="yes"/>' if k in (1, 2) else ""
        along = [k * SIDE + c + 1 for c in range(SIDE)]
        up = [r * SIDE + k + 1 for r in range(SIDE)]
        # Neighbouring one-way streets lead opposite ways, so that every junction is reached.
        for line in (along[:: 1 if k % 2 else -1], up[:: 1 if k % 2 else -1]):
            refs = "".join(f'<nd ref="{node}"/>' for node in line)
            tags = f'<tag k="highway" v="residential"/>{oneway}'
            ways.append(f'<way id="{len(ways) + 1}">{refs}{tags}</way>')
    text = f'<osm version="0.6">{"".join(nodes)}{"".join(ways)}</osm>'
    path.write_text(text, encoding="utf-8")
    return path


def write_bad(folder: Path) -> list[Path]:
    """What looks like extracts and is none: junk, and a map without streets."""
    junk, empty = folder / "junk.osm.pbf", folder / "empty.osm"
    junk.write_bytes(b"hello")
    town = write_town(folder / "empty.osm").read_text(encoding="utf-8")
    empty.write_text(town.replace("highway", "waterway"), encoding="utf-8")
    return [junk, empty]
