"""Adapters to the buses of one library each, known by their class. So far: our own bus."""
