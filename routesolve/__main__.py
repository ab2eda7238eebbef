"""``python -m routesolve``."""

from routesolve.cli import main

main()
