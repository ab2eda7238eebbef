"""Methods, behind one interface."""
