"""Plans: reading, writing, checking. Knows instances, never solvers."""
