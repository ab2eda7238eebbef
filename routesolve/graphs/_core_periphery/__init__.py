"""What :mod:`routesolve.graphs.core_periphery` is made of."""
