"""Ends the program when it is asked for an attribute."""

def __getattr__(name):
    raise SystemExit(name)
