"""``ils``: our own engine, iterated local search by ruin and recreate, compiled with Numba."""
