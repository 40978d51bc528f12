"""Adapters to the buses of one library each, known by their class; ours is one of them."""
