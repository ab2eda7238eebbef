"""Elite plans: which are kept, and what their children are made of."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routesolve.solvers.base import Budget, Clock
from routesolve.solvers.ils import engine
from routesolve.solvers.ils.elites import Elite, admit, crossed, sequence
from routesolve.solvers.ils.problem import translate
from tests.solvers.ils.test_parallel import INSTANCES


@st.composite
def parents(draw: st.DrawFn) -> tuple[int, list[Elite]]:
    """Two plans of the same jobs, some of which may be left out."""
    n = draw(st.integers(1, 12))
    plans = []
    for _ in range(2):
        jobs = draw(st.permutations(range(1, n + 1)))[: draw(st.integers(1, n))]
        cuts = sorted(draw(st.sets(st.integers(1, n))) & set(range(1, len(jobs))))
        rows = [jobs[a:b] for a, b in zip([0, *cuts], [*cuts, len(jobs)], strict=True)]
        ends = [draw(st.integers(n + 1, n + 3)) for _ in rows]
        plans.append(Elite(draw(st.floats(0, 100)), rows, ends))
    return n, plans


@given(parents(), st.integers(0, 2**32), st.integers(0, 5))
def test_child(plans: tuple[int, list[Elite]], seed: int, width: int) -> None:
    """A child has whole routes of one parent, and what the other's have besides, in their order."""
    n, (one, other) = plans
    rng = np.random.default_rng(seed)
    near = np.zeros((n + 1, width), np.int32)
    for i in range(1, n + 1):
        row = [j for j in rng.permutation(n) + 1 if j != i][:width]
        near[i, : len(row)] = row
    rows, ends = crossed(one, other, near, rng)
    jobs = [job for row in rows for job in row]
    assert len(jobs) == len(set(jobs))
    both, of_other = (
        list(zip(rows, ends, strict=True)),
        list(zip(other.rows, other.ends, strict=True)),
    )
    count = next((k for k, pair in enumerate(both) if pair not in of_other), len(both))
    assert 1 <= count <= len(of_other)
    served = {job for row in rows[:count] for job in row}
    for row, end in both[count:]:
        assert any(
            end == of and row == [job for job in whole if job not in served]
            for whole, of in zip(one.rows, one.ends, strict=True)
        )
    assert set(jobs) <= {job for plan in (one, other) for row in plan.rows for job in row}


@given(parents(), st.integers(0, 2**32), st.data())
def test_child_serves_one_of_a_group(
    plans: tuple[int, list[Elite]], seed: int, data: st.DataObject
) -> None:
    """What is alike a stop of the taken routes leaves the others; nodes that are no stops stay."""
    n, (one, other) = plans
    pairs = data.draw(st.lists(st.permutations(range(1, n + 1)).map(lambda x: x[:2]), max_size=3))
    alike: dict[int, list[int]] = {}
    for pair in pairs if n > 1 else []:
        alike.setdefault(pair[0], []).append(pair[1])
    depot = n + 1
    for plan in (one, other):
        for row in plan.rows:
            row.insert(data.draw(st.integers(0, len(row))), depot)
    near = np.zeros((n + 1, 0), np.int32)
    rows, _ = crossed(one, other, near, np.random.default_rng(seed), alike)
    count = next((k for k, row in enumerate(rows) if row not in other.rows), len(rows))
    # Without neighbours one route is taken; one of the other parent may look like it.
    served = {x for x in rows[0] if x <= n}
    assert count >= 1
    for row in rows[1:]:
        assert depot in row
        assert not served.intersection(row)
        assert not any(y in row for x in served for y in alike.get(x, ()))


def test_same_parents() -> None:
    """A plan crossed with itself is that plan."""
    plan = Elite(1.0, [[1, 2], [3], [4, 5, 6]], [0, 0, 0])
    near = np.array([[0, 0]] + [[1 + i % 6, 1 + (i + 2) % 6] for i in range(6)], np.int32)
    for seed in range(20):
        rows, _ = crossed(plan, plan, near, np.random.default_rng(seed))
        assert sorted(rows) == sorted(plan.rows)


def test_admitted() -> None:
    """The best so many stay, each cost once."""
    pool: list[Elite] = []
    for worth in (5.0, 3.0, 5.0, 4.0, 9.0, 1.0):
        admit(pool, Elite(worth, [], []), 3)
    assert [elite.worth for elite in pool] == [1.0, 3.0, 4.0]


def test_sequence() -> None:
    """Routes follow one another, each after its ends."""
    assert sequence([[3, 1], [2]], [4, 5]).tolist() == [-4, 3, 1, -5, 2]


@pytest.mark.parametrize("name", ["plain", "few vans, windows", "far", "one way", "nobody can"])
def test_followed(name: str) -> None:
    """An elite plan is built again as it was."""
    instance = INSTANCES[name]()
    clock = Clock(Budget(None, iterations=500))
    search = engine._Search(instance, translate(instance), clock, 0, None)
    search.run()
    elite = search.elite(search.plan)
    again = search.elite(search.child(elite, elite, np.random.default_rng(0)))
    assert again.worth == elite.worth
    assert sorted(again.rows) == sorted(elite.rows)


def test_crossed_when_it_pays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plans are crossed when there are iterations enough for each job, and only then."""
    crossings = []
    child = engine._Search.child

    def counted(*given: object) -> object:
        crossings.append(given[1] is not given[2])
        return child(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(engine._Search, "child", counted)
    instance = INSTANCES["plain"]()
    for patience, pays in ((60.0, False), (40.0, True)):
        crossings.clear()
        monkeypatch.setattr(engine, "PATIENCE", patience)
        clock = Clock(Budget(None, iterations=3000))  # 50 for each job
        search = engine._Search(instance, translate(instance), clock, 0, None)
        before = search.worth(search.plan)
        search.run()
        assert any(crossings) == pays
        assert search.worth(search.plan) < before
        assert clock.iteration == 3000
