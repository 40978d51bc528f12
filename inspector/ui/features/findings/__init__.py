"""Findings about the catalog and its wiring."""
