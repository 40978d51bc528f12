"""Synthetic values: an event's fields filled as they might be in production."""
