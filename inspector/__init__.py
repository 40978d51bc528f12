"""Desktop event inspector: what an event-driven Python program does, seen live."""

__version__ = "0.1.0"
