"""How the OpenStreetMap reader understands tags, and how it turns ways into a graph."""
