"""Typed values as data: atoms, JSON and back, payload snapshots and their reading, the fields of a class as data."""
