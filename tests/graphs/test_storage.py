"""Tests of graphs and networks on disk."""

from __future__ import annotations

import gc
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routesolve.errors import InputError
from routesolve.graphs import Graph, _npz, load_graph, load_network, storage
from routesolve.graphs.components import largest_component
from routesolve.graphs.network import RoadNetwork
from routesolve.graphs.turns import Turns

from .examples import assert_same, build, small_graphs, town
from .naive import Arc


def crossing() -> RoadNetwork:
    """A grid of two-way streets in which one turn is forbidden and some cost time."""
    side = 3
    nodes = [(x, y) for y in range(side) for x in range(side)]
    ends = [
        (a, b)
        for a, (x, y) in enumerate(nodes)
        for b, (v, w) in enumerate(nodes)
        if abs(x - v) + abs(y - w) == 1
    ]
    weights = [10.0 + (7 * a + 3 * b) % 5 for a, b in ends]
    streets = Graph.from_edges(
        [a for a, _ in ends],
        [b for _, b in ends],
        weights,
        [100.0] * len(ends),
        [[31.3 + 0.001 * x, 30.1 + 0.001 * y] for x, y in nodes],
        metrics={"cost": [weight + 0.5 for weight in weights]},
        name="grid",
        attribution="© nobody",
    )
    free = Turns.all_free(streets)
    keep = np.arange(len(free)) != 5
    indptr = np.zeros(streets.m + 1, dtype=np.int64)
    np.cumsum(np.bincount(free.before[keep], minlength=streets.m), out=indptr[1:])
    penalty = np.arange(keep.sum()) % 4 * 1000
    first = int(free.onto[free.indptr[0]])
    ban = (0, first, int(free.onto[free.indptr[first]]))
    return RoadNetwork(
        streets,
        Turns(
            indptr=indptr,
            onto=free.onto[keep],
            penalties={"duration": penalty, "cost": penalty * 2},
            bans=(ban,),
        ),
    )


def assert_same_network(a: RoadNetwork, b: RoadNetwork) -> None:
    """Streets, turns and index are equal."""
    assert_same(a.streets, b.streets)
    assert (a.turns is None) == (b.turns is None)
    if a.turns is not None and b.turns is not None:
        np.testing.assert_array_equal(a.turns.indptr, b.turns.indptr)
        np.testing.assert_array_equal(a.turns.onto, b.turns.onto)
        assert list(a.turns.penalties) == list(b.turns.penalties)
        for key, steps in a.turns.penalties.items():
            np.testing.assert_array_equal(steps, b.turns.penalties[key])
        assert a.turns.bans == b.turns.bans
    assert (a.index is None) == (b.index is None)
    if a.index is not None and b.index is not None:
        assert a.index.metric == b.index.metric
        for key, array in a.index.index.arrays.items():
            np.testing.assert_array_equal(array, b.index.index.arrays[key])


def change_meta(path: Path, **changes: Any) -> None:
    """Write a file anew with other entries in its ``meta``."""
    with np.load(path) as archive:
        arrays = dict(archive)
    meta = json.loads(arrays["meta"].tobytes()) | changes
    arrays["meta"] = np.frombuffer(json.dumps(meta).encode(), dtype=np.uint8)
    np.savez(path, **arrays)


# -------------------------------------------------------------------- graphs


def test_save_and_load(tmp_path: Path) -> None:
    """Everything comes back, and the same graph gives the same bytes."""
    graph = town()
    graph.save(tmp_path / "a.npz")
    graph.save(tmp_path / "b.npz")
    assert_same(Graph.load(tmp_path / "a.npz"), graph)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.npz", "b.npz"]


@given(small_graphs())
def test_save_and_load_any(
    tmp_path_factory: pytest.TempPathFactory, case: tuple[int, list[Arc]]
) -> None:
    """Bare graphs of every shape survive the file."""
    graph = build(*case)
    path = tmp_path_factory.mktemp("graph") / "g.npz"
    graph.save(path)
    assert_same(Graph.load(path), graph)


def test_text_ids_and_fine_coordinates(tmp_path: Path) -> None:
    """Node names of any script and coordinates beyond seven decimals lose nothing."""
    points = [[1 / 3, -1 / 7], [179.99999999999, 0.0]]
    graph = Graph.from_edges([0], [1], [1], [1], points, node_ids=["ä", "مصر الجديدة"])
    graph.save(tmp_path / "g.npz")
    assert_same(Graph.load(tmp_path / "g.npz"), graph)


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    """Cut at any place, with any byte changed, empty or missing: an InputError that names the
    file.
    """
    path = tmp_path / "g.npz"
    town().save(path)
    whole = path.read_bytes()
    for size in range(0, len(whole), 97):
        path.write_bytes(whole[:size])
        with pytest.raises(InputError, match=r"g\.npz"):
            Graph.load(path)
    for place in range(0, len(whole), 13):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        try:
            assert_same(Graph.load(path), town())  # a byte that means nothing, e.g. a date
        except InputError as error:
            assert "g.npz" in str(error)
    with pytest.raises(InputError, match=r"no\.npz"):
        Graph.load(tmp_path / "no.npz")


def test_other_npz_files_are_refused(tmp_path: Path) -> None:
    """Some other archive, a lone array, a pickle inside: not a network."""
    np.savez(tmp_path / "other.npz", x=np.arange(3))
    np.savez(tmp_path / "pickle.npz", meta=np.array([{}], dtype=object))
    with open(tmp_path / "lone.npz", "wb") as file:
        np.save(file, np.arange(3))
    for name in ("other", "pickle", "lone"):
        with pytest.raises(InputError, match=rf"{name}\.npz.*not a saved network"):
            Graph.load(tmp_path / f"{name}.npz")


def test_later_version_is_refused(tmp_path: Path) -> None:
    """A file from the future asks for an upgrade."""
    path = tmp_path / "g.npz"
    town().save(path)
    with np.load(path) as archive:
        arrays = dict(archive)
    text = arrays["meta"].tobytes().replace(b'"version": 1', b'"version": 9')
    arrays["meta"] = np.frombuffer(text, dtype=np.uint8)
    np.savez(path, **arrays)
    with pytest.raises(InputError, match="later version"):
        Graph.load(path)


def test_failed_save_leaves_nothing(tmp_path: Path) -> None:
    """A folder in the way: an error, and no temporary file is left behind."""
    (tmp_path / "g.npz").mkdir()
    with pytest.raises(InputError, match="this is a folder"):
        town().save(tmp_path / "g.npz")
    with pytest.raises(InputError, match="cannot write"):
        town().save(tmp_path / "no" / "g.npz")
    assert [path.name for path in tmp_path.iterdir()] == ["g.npz"]


# -------------------------------------------------------------------- layout


@pytest.mark.parametrize("compressed", [True, False])
def test_both_layouts_hold_the_same(tmp_path: Path, compressed: bool) -> None:
    """Packed or stored: the same graph, the same bytes each time, readable by NumPy."""
    paths = tmp_path / "a.npz", tmp_path / "b.npz"
    for path in paths:
        town().save(path, compressed=compressed)
        assert_same(Graph.load(path), town())
        assert_same(Graph.load(path, memory_map=False), town())
    assert paths[0].read_bytes() == paths[1].read_bytes()
    with np.load(paths[0]) as archive:
        assert archive["heads"].tolist() == town().heads.tolist()


def test_large_graphs_are_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The size decides unless told; a packed file cannot be mapped."""
    town().save(tmp_path / "small.npz")
    monkeypatch.setattr(storage, "LARGE", 100)
    town().save(tmp_path / "large.npz")
    with zipfile.ZipFile(tmp_path / "large.npz") as archive:
        assert {member.compress_type for member in archive.infolist()} == {zipfile.ZIP_STORED}
    assert_same(Graph.load(tmp_path / "large.npz", memory_map=True), town())
    with pytest.raises(InputError, match=r"small\.npz: packed[\s\S]*compressed=False"):
        Graph.load(tmp_path / "small.npz", memory_map=True)


def test_stored_arrays_are_mapped_in_place(tmp_path: Path) -> None:
    """No copy of what the file holds: aligned views of the file, read-only, safe to save over."""
    path = tmp_path / "g.npz"
    crossing().streets.save(path, compressed=False)
    graph = Graph.load(path)
    assert graph.coordinates is not None
    arrays = [graph.indptr, graph.heads, graph.coordinates, graph.node_ids, *graph.metrics.values()]
    for array in arrays:
        assert type(array) is np.ndarray
        assert array.flags.aligned
        assert not array.flags.writeable
        assert is_mapped(array)
    assert not is_mapped(Graph.load(path, memory_map=False).heads)
    town().save(path)
    gc.collect()
    assert_same(graph, crossing().streets)


def is_mapped(array: Any) -> bool:
    """Whether an array lies in a mapped file."""
    while array is not None:
        if isinstance(array, np.memmap):
            return True
        array = array.obj if isinstance(array, memoryview) else getattr(array, "base", None)
    return False


def test_the_embedded_network_is_of_the_first_version() -> None:
    """Files that were written before there were others still load."""
    from importlib.resources import files

    with np.load(str(files("routesolve.graphs").joinpath("data", "cairo.npz"))) as archive:
        assert json.loads(archive["meta"].tobytes())["version"] == 1
        assert "degrees" in archive
    assert load_graph("cairo").n == 7351
    assert load_network("cairo").turns is None


def test_bad_numbers_in_a_whole_file(tmp_path: Path) -> None:
    """Checksums may be right and the content wrong: each is named."""
    path = tmp_path / "g.npz"
    town().save(path, compressed=False)
    good = _npz.read(path, what="network", memory_map=False)
    for key, value, message in (
        ("heads", np.array([1, 1, 2, 0, 4], np.int32), "a node that does not exist"),
        ("metric.duration", np.full(5, -1, np.int32), "not one weight >= 0 per arc"),
        ("metric.duration", np.full(5, np.nan), "do not fit"),
        ("metric.duration", np.ones((5, 1), np.int32), "not one weight >= 0 per arc"),
        ("indptr", np.array([0, 9, 9, 9, 5]), "row pointers"),
        ("indptr", np.empty(0, np.int64), "row pointers"),
        ("coordinates", np.full((4, 2), np.nan), "no longitude and latitude"),
        ("geometry.points", np.full((3, 2), np.nan), "geometry has points"),
        ("node_ids", np.arange(3), "3 node ids for 4 nodes"),
        ("labels.0.codes", np.full(5, 7, np.int32), "not one label per arc"),
        ("labels.0.lengths", np.array([1000], np.uint16), "string table"),
    ):
        with open(path, "wb") as file:
            _npz.write(file, {**good, key: value})
        with pytest.raises(InputError, match=message):
            Graph.load(path)
    with open(path, "wb") as file:
        _npz.write(file, {k: v for k, v in good.items() if k != "heads"})
    with pytest.raises(InputError, match="damaged"):
        Graph.load(path)


# -------------------------------------------------------------------- networks


@pytest.mark.parametrize("compressed", [None, False])
@pytest.mark.parametrize("indexed", [False, True])
def test_networks_there_and_back(tmp_path: Path, compressed: bool | None, indexed: bool) -> None:
    """Turns, bans and index come back; a graph can be loaded from the same file."""
    network = crossing().indexed() if indexed else crossing()
    paths = tmp_path / "a.npz", tmp_path / "b.npz"
    for path in paths:
        storage.save_network(network, path, compressed=compressed)
        assert_same_network(load_network(path), network)
        assert_same(Graph.load(path), network.streets)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    again = RoadNetwork.load(paths[0])
    places = again.place([[31.3, 30.1], [31.302, 30.1017]])
    expected = network.tables(network.place(places.points))
    np.testing.assert_allclose(again.tables(places).costs, expected.costs)


def test_an_index_is_never_packed(tmp_path: Path) -> None:
    """It would take long and save little; the streets beside it are packed all the same."""
    crossing().indexed().save(tmp_path / "n.npz")
    with zipfile.ZipFile(tmp_path / "n.npz") as archive:
        stored = {m.filename for m in archive.infolist() if m.compress_type == zipfile.ZIP_STORED}
        names = set(archive.namelist())
    assert stored == {name for name in names if name.startswith("index.")} != names
    index = load_network(tmp_path / "n.npz").index
    assert index is not None
    assert is_mapped(index.index.up.arcs)


def test_plain_graphs_are_networks(tmp_path: Path) -> None:
    """Without turns and index a network's file is that of its streets, byte by byte."""
    RoadNetwork(town()).save(tmp_path / "network.npz")
    town().save(tmp_path / "graph.npz")
    assert (tmp_path / "network.npz").read_bytes() == (tmp_path / "graph.npz").read_bytes()
    assert_same_network(RoadNetwork.load(tmp_path / "graph.npz"), RoadNetwork(town()))


def test_turns_of_another_graph_are_refused(tmp_path: Path) -> None:
    """The turns in a file have to fit its arcs."""
    path = tmp_path / "n.npz"
    crossing().save(path)
    arrays = _npz.read(path, what="network")
    with open(path, "wb") as file:
        _npz.write(file, {**arrays, "turns.onto": arrays["turns.onto"][::-1]})
    with pytest.raises(InputError, match=r"n\.npz: arc \d+ does not start where \d+ ends"):
        load_network(path)


def test_an_index_of_another_graph_or_version_is_refused(tmp_path: Path) -> None:
    """Its fingerprint, its version and its metric have to be those of the streets in the file."""
    network, path = crossing().indexed(), tmp_path / "n.npz"
    network.save(path)
    with np.load(path) as archive:
        index = json.loads(archive["meta"].tobytes())["index"]
    for change, message in (
        ({"graph": "0" * 32}, "another graph"),
        ({"version": 99}, "index written in format 99"),
        ({"metric": "comfort"}, "'comfort', which the graph has not"),
        ({"metric": "distance"}, "the index is not that of this network"),
    ):
        network.save(path)
        change_meta(path, index=index | change)
        with pytest.raises(InputError, match=rf"n\.npz: .*{message}"):
            load_network(path)
        assert_same(load_graph(path), network.streets)


@pytest.fixture(scope="module")
def saved_networks(tmp_path_factory: pytest.TempPathFactory) -> dict[bool, bytes]:
    """The bytes of an indexed network with turns, packed and stored."""
    network, out = crossing().indexed(), {}
    for packed in (True, False):
        path = tmp_path_factory.mktemp("saved") / "n.npz"
        storage.save_network(network, path, compressed=packed)
        out[packed] = path.read_bytes()
    return out


@given(st.data())
@settings(deadline=None, max_examples=300)
def test_damaged_networks_are_refused(
    saved_networks: dict[bool, bytes], tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Bytes changed anywhere, the end cut off: an error that names the file, or no difference."""
    whole = bytearray(saved_networks[data.draw(st.booleans(), label="packed")])
    size = data.draw(st.one_of(st.just(len(whole)), st.integers(0, len(whole))), label="size")
    for _ in range(data.draw(st.integers(0, 3), label="changes")):
        # The directory at the end is the part that no checksum covers.
        place = data.draw(st.one_of(st.integers(0, len(whole) - 1), st.integers(1, 2500)))
        whole[-place] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "damaged.npz"
    path.write_bytes(whole[:size])
    try:
        found = storage.load_network_file(path)
    except InputError as error:
        assert "damaged.npz" in str(error)
    else:
        assert_same_network(found, crossing().indexed())


def test_interrupted_writing_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C in the middle: the old file is as it was, and no temporary one is left."""
    path = tmp_path / "n.npz"
    town().save(path)
    before = path.read_bytes()

    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(_npz.npy, "write_array", interrupted)
    with pytest.raises(KeyboardInterrupt):
        crossing().save(path)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["n.npz"]


def test_a_component_of_a_mapped_graph(tmp_path: Path) -> None:
    """What works on a graph works on a mapped one."""
    town().save(tmp_path / "g.npz", compressed=False)
    mapped = Graph.load(tmp_path / "g.npz", memory_map=True)
    assert_same(largest_component(mapped)[0], largest_component(town())[0])
