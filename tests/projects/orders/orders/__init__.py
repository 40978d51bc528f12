"""Orders, written with commands and events."""
