"""Streets to put stops on and drive along, with their turns and their index."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from routesolve.errors import InputError
from routesolve.graphs.graph import Graph
from routesolve.graphs.turns import TurnGraph, Turns, expand

if TYPE_CHECKING:
    from routesolve.graphs._hierarchy.index import Index
    from routesolve.graphs.drives import Drive
    from routesolve.graphs.driving import States
    from routesolve.graphs.hierarchy import ContractionHierarchy
    from routesolve.graphs.reach import Reach
    from routesolve.graphs.shortest_paths import Tables
    from routesolve.graphs.snapping import Places, Side, Snapper

Method = Literal["auto", "search", "hierarchy"]


@dataclass(frozen=True, eq=False, repr=False)
class RoadNetwork:
    """A street network with all that driving on it takes.

    Routes minimise :attr:`metric`; durations and distances are reported along them.

    Attributes
    ----------
    streets : Graph
        Junctions and arcs.
    turns : Turns or None
        What turns are allowed and what they cost; ``None`` = all, for nothing.
    index : ContractionHierarchy or None
        Index of :attr:`searched` by :attr:`metric`; see :meth:`indexed`.

    Raises
    ------
    InputError
        If the turns or the index are not those of the streets.
    """

    streets: Graph
    turns: Turns | None = None
    index: ContractionHierarchy | None = None

    def __post_init__(self) -> None:
        problems = [] if self.turns is None else self.turns.problems(self.streets)
        if problems:
            raise InputError(problems)
        if self.index is not None and not (
            self.index.graph is self.searched and self.index.metric == self.metric
        ):
            raise InputError("the index is not that of this network", fix="build it by indexed()")

    # ---------------------------------------------------------------- what it is made of

    @property
    def metric(self) -> str:
        """What routes minimise: ``"cost"`` where the streets have it, else ``"duration"``."""
        return "cost" if "cost" in self.streets.metrics else "duration"

    @cached_property
    def expansion(self) -> TurnGraph | None:
        """The graph in which turns are arcs; ``None`` where turns do not count."""
        return None if self.turns is None else expand(self.streets, self.turns)

    @property
    def searched(self) -> Graph:
        """The graph that searches run on: the expanded one, or the streets themselves."""
        return self.streets if self.expansion is None else self.expansion.graph

    @cached_property
    def snapper(self) -> Snapper:
        """Nearest-street search over the arcs that can be used.

        Arcs with the attribute ``stops="no"`` are driven through only, unless there are no others.
        """
        from routesolve.graphs.snapping import Snapper

        usable = np.ones(self.streets.m, dtype=np.bool_)
        if self.expansion is not None:
            usable &= self.expansion.node_of >= 0
        if (labels := self.streets.edge_attributes.get("stops")) is not None:
            never = [code for code, value in enumerate(labels.table) if value == "no"]
            open_ = usable & ~np.isin(labels.codes, never)
            usable = open_ if open_.any() else usable
        return Snapper(self.streets, arcs=np.flatnonzero(usable))

    @cached_property
    def states(self) -> States:
        """The nodes of the expanded graph by arc; an arc on which a ban looms has several."""
        from routesolve.graphs.driving import states_by_arc

        assert self.expansion is not None
        return states_by_arc(self.expansion.arc_of, self.streets.m)

    @cached_property
    def own_index(self) -> ContractionHierarchy:
        """The index; built now where there is none, and kept."""
        return self.index or self._build()

    def _build(self, **options: Any) -> ContractionHierarchy:
        from routesolve.graphs.hierarchy import ContractionHierarchy

        return ContractionHierarchy.build(self.searched, metric=self.metric, **options)

    def indexed(
        self,
        *,
        effort: str = "normal",
        on_progress: Callable[[int, int], None] | None = None,
    ) -> RoadNetwork:
        """The same network with an index, which makes tables and routes many times faster.

        Parameters
        ----------
        effort, on_progress
            See :meth:`ContractionHierarchy.build`.
        """
        if self.index is not None:
            return self
        return self.with_index(self._build(effort=effort, on_progress=on_progress))

    def with_index(self, index: ContractionHierarchy) -> RoadNetwork:
        """The same network with an index that has been built on :attr:`searched`."""
        new = object.__new__(RoadNetwork)
        # What has been worked out already is kept.
        new.__dict__.update(self.__dict__)
        new.__dict__["index"] = index
        new.__post_init__()
        return new

    @property
    def name(self) -> str:
        """What this is."""
        return self.streets.name

    @property
    def source(self) -> str:
        """Where it comes from."""
        return self.streets.source

    @property
    def licence(self) -> str:
        """The licence of the data."""
        return self.streets.licence

    @property
    def attribution(self) -> str:
        """What has to be said when it is shown."""
        return self.streets.attribution

    # ---------------------------------------------------------------- driving

    def place(self, points_lonlat: npt.ArrayLike, *, side: Side | None = None) -> Places:
        """Put points on the nearest street that can be used; see :meth:`Snapper.snap`.

        Parameters
        ----------
        points_lonlat
            (k, 2) longitudes and latitudes in degrees, or one pair.
        side
            ``"left"`` or ``"right"``: leave and arrive only where the point is on this side of the
            street.

        Raises
        ------
        InputError
            If a coordinate is no place on Earth, or the network has no coordinates or streets.
        """
        return self.snapper.snap(points_lonlat, side)

    def tables(
        self, sources: Places, targets: Places | None = None, *, method: Method = "auto"
    ) -> Tables:
        """Durations, distances and costs of the best routes between places.

        Parameters
        ----------
        sources, targets
            k and l places; targets default to the sources.
        method
            ``"search"``, ``"hierarchy"`` (which builds an index first where there is none), or the
            one that is expected to be faster.

        Returns
        -------
        Tables
            (k, l) float64 each; ``inf`` = unreachable.
        """
        from routesolve.graphs import driving

        return driving.tables(self, sources, sources if targets is None else targets, method)

    def route(self, source: Places, target: Places) -> Drive:
        """The best route from one place to another; each argument holds one point.

        Raises
        ------
        InputError
            If an argument does not hold one point.
        RoutingError
            If there is no route.
        """
        from routesolve.graphs import routes

        return routes.route(self, source, target)

    def alternatives(
        self, source: Places, target: Places, *, count: int = 2, **options: Any
    ) -> list[Drive]:
        """The best route and alternatives to it, the best first.

        Parameters
        ----------
        source, target
            One place each.
        count
            How many routes at most, the best one among them.
        **options
            ``method``, ``max_sharing``, ``max_stretch``, ``min_local_optimality`` and ``samples``
            of :func:`~routesolve.graphs.alternatives.alternative_paths`.

        Raises
        ------
        InputError
            If an argument does not hold one point, or makes no sense.
        RoutingError
            If there is no route.
        """
        from routesolve.graphs import routes

        return routes.alternatives(self, source, target, count, **options)

    def reach(self, source: Places, limit: float, metric: str = "duration") -> Reach:
        """The streets that can be reached within a limit of the nearest of some places.

        Parameters
        ----------
        source
            One place or several.
        limit
            Seconds or metres, or the unit of the metric; finite.
        metric
            Any of the network's.

        Raises
        ------
        InputError
            If the metric does not exist, or the limit is negative or not finite.
        """
        from routesolve.graphs.reach import reach

        return reach(self, source, limit, metric)

    # ---------------------------------------------------------------- keeping

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write streets, turns and index to one ``.npz`` file, whole or not at all.

        :meth:`Graph.load` reads the streets of it.
        """
        from routesolve.graphs.storage import save_network

        save_network(self, path)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> RoadNetwork:
        """Read a file written by :meth:`save` or :meth:`Graph.save`.

        Raises
        ------
        InputError
            If the file is missing, damaged, or another.
        """
        from routesolve.graphs.storage import load_network_file

        return load_network_file(path)

    def __reduce__(self) -> tuple[Any, ...]:
        # Mapping proxies do not pickle, and the expansion is cheaper to make again than to send.
        turns, index = self.turns, self.index
        plain = None if turns is None else {**vars(turns), "penalties": dict(turns.penalties)}
        return _rebuilt, (self.streets, plain, None if index is None else index.index)

    def __repr__(self) -> str:
        parts = [f"{self.streets.n} junctions", f"{self.streets.m} arcs"]
        parts += [] if self.turns is None else [f"{len(self.turns)} turns"]
        parts += [] if self.index is None else ["indexed"]
        return f"<RoadNetwork {self.name or 'unnamed'}: {', '.join(parts)}>"


def _rebuilt(streets: Graph, turns: dict[str, Any] | None, index: Index | None) -> RoadNetwork:
    from routesolve.graphs.hierarchy import ContractionHierarchy

    network = RoadNetwork(streets, None if turns is None else Turns(**turns))
    if index is None:
        return network
    return network.with_index(ContractionHierarchy(network.searched, network.metric, index))
