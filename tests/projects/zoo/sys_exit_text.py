"""Ends the program with a text."""

raise SystemExit("there is no configuration")
