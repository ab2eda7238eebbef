"""Build the embedded street network of north-eastern Cairo from the PyPI package
robin-logistics-env 3.3.0.

    python scripts/build_cairo_network.py robin_logistics_env-3.3.0-py3-none-any.whl

The argument is the wheel, or a folder with its ``nodes.csv`` and ``edges.csv``. The same input
gives the same bytes.

Kept: coordinates, lengths, names and classes of the streets, as they are. Ours: the durations (the
file has no speeds: `routesolve.graphs.speeds.URBAN_SPEEDS` by highway class), and the choice of the
largest strongly connected part, so that every node can be reached from every other one.
"""

from __future__ import annotations

import argparse
import ast
import csv
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from routesolve.graphs.edge_data import Labels
from routesolve.graphs.graph import Graph
from routesolve.graphs.readers.networkx import OSM_ATTRIBUTION, OSM_LICENCE
from routesolve.graphs.speeds import class_speed

IN_WHEEL = "robin_logistics/data/"
TARGET = Path(__file__).resolve().parents[1] / "routesolve" / "graphs" / "data" / "cairo.npz"


def read_rows(source: Path, name: str) -> Iterator[dict[str, str]]:
    """Rows of ``name`` in the wheel or the folder."""
    if source.is_dir():
        data = (source / name).read_bytes()
    else:
        with zipfile.ZipFile(source) as wheel:
            data = wheel.read(IN_WHEEL + name)
    return csv.DictReader(io.StringIO(data.decode("utf-8"), newline=""))


def values(text: str) -> list[str]:
    """One value, or the several that OSMnx writes as a Python list when it merges ways."""
    if text.startswith("["):
        return [str(value) for value in ast.literal_eval(text)]
    return [text] if text else []


def build(source: Path) -> Graph:
    """The whole network, before anything is dropped."""
    nodes = sorted(
        (int(row["node_id"]), float(row["longitude"]), float(row["latitude"]))
        for row in read_rows(source, "nodes.csv")
    )
    index = {node[0]: number for number, node in enumerate(nodes)}
    edges = sorted(
        (
            index[int(row["u"])],
            index[int(row["v"])],
            float(row["length"]),
            " / ".join(values(row["name"])),
            next(iter(values(row["highway"])), ""),
        )
        for row in read_rows(source, "edges.csv")
    )
    lengths = np.array([edge[2] for edge in edges])
    speeds = np.array([class_speed(edge[4]) for edge in edges])
    return Graph.from_edges(
        np.array([edge[0] for edge in edges]),
        np.array([edge[1] for edge in edges]),
        lengths / (speeds / 3.6),
        lengths,
        np.array([node[1:] for node in nodes]),
        node_ids=np.array([node[0] for node in nodes]),
        edge_attributes={
            "name": Labels.encode(edge[3] for edge in edges),
            "road_class": Labels.encode(edge[4] for edge in edges),
        },
        name="Cairo (north-east)",
        source="OpenStreetMap, through robin-logistics-env 3.3.0 (PyPI, MIT)",
        licence=OSM_LICENCE,
        attribution=OSM_ATTRIBUTION,
    )


def main() -> None:
    """Read, keep the largest part, write, and say what was dropped."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("source", type=Path, help="the wheel, or a folder with its csv files")
    parser.add_argument("-o", "--output", type=Path, default=TARGET)
    arguments = parser.parse_args()
    whole = build(arguments.source)
    graph, dropped = whole.largest_component()
    graph.save(arguments.output)
    print(f"read     {whole.n} nodes, {whole.m} arcs")
    print(f"kept     {graph.n} nodes, {graph.m} arcs (largest strongly connected part)")
    print(f"dropped  {dropped.nodes} nodes, {dropped.arcs} arcs")
    print(f"wrote    {arguments.output} ({arguments.output.stat().st_size} bytes)")


if __name__ == "__main__":
    main()
