"""Retry: one handler again, with what was recorded."""
