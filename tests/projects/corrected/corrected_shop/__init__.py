"""The shop without its faults."""
