"""Conformance: everything fired, and compared with what is declared."""
