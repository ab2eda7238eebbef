"""Translations for the solvers of other projects (extra ``peers``)."""
