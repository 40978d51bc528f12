"""Ends the program."""

raise SystemExit(2)
