"""Numbering along a curve."""

from __future__ import annotations

import numpy as np

from routesolve.solvers.ils.curve import along_a_curve


def test_each_place_of_a_grid_is_beside_the_one_before() -> None:
    """The curve of a full grid goes through it in steps of one, and through each place once."""
    grid = np.stack(np.meshgrid(np.arange(32.0), np.arange(32.0)), axis=-1).reshape(-1, 2)
    shuffled = np.random.default_rng(1).permutation(grid)
    order = along_a_curve(shuffled)
    assert sorted(order.tolist()) == list(range(len(grid)))
    assert (np.abs(np.diff(shuffled[order], axis=0)).sum(axis=1) == 1.0).all()


def test_unknown_and_equal_places_stay_in_their_order() -> None:
    """What has no coordinates comes last; nothing is lost, however large numbers are."""
    huge, nan = 1.7e308, float("nan")
    assert along_a_curve(np.array([[nan, 0], [1, 1], [0, nan], [0, 0], [1, 1]])).tolist() == [
        3, 1, 4, 0, 2,
    ]  # fmt: skip
    assert along_a_curve(np.full((3, 2), nan)).tolist() == [0, 1, 2]
    assert along_a_curve(np.zeros((3, 2))).tolist() == [0, 1, 2]
    assert along_a_curve(np.zeros((0, 2))).tolist() == []
    far = along_a_curve(np.array([[huge, -huge], [-huge, huge], [-huge, -huge]]))
    assert sorted(far.tolist()) == [0, 1, 2]
