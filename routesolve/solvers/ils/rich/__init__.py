"""The engine for every feature of the problem model: routes as rows, driven whole."""
