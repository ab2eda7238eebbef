"""Putting off garbage collection."""

from __future__ import annotations

import gc
from threading import Event, Thread

import pytest

from routesolve._memory import uncollected


def test_the_collector_rests_inside_and_works_again_after() -> None:
    """Nested, and after an exception."""
    assert gc.isenabled()
    with uncollected():
        with uncollected():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()
    with pytest.raises(ValueError, match="inside"), uncollected():
        raise ValueError("inside")
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off() -> None:
    """Nobody's choice is overruled."""
    gc.disable()
    try:
        with uncollected():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_the_last_thread_out_turns_it_on() -> None:
    """The first to leave must not wake it for those still inside."""
    entered, leave = Event(), Event()

    def stay() -> None:
        with uncollected():
            entered.set()
            leave.wait()

    with uncollected():
        thread = Thread(target=stay)
        thread.start()
        entered.wait()
    assert not gc.isenabled()
    leave.set()
    thread.join()
    assert gc.isenabled()
