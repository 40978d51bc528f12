"""Conformance: what a catalog declares, compared with what was observed when everything was fired."""
