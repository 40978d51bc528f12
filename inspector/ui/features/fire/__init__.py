"""Firing an event: the form, its checks, what came of it."""
