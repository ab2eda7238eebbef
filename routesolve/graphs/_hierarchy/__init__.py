"""How contraction hierarchies are built and stored, behind `routesolve.graphs.hierarchy`."""
