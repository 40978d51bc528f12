"""Raises an exception with a very long text of strange characters."""

raise ValueError("\ud800\x00\u202e" * 500_000)
