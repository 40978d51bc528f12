"""Raises an exception whose text ends the program."""

class Mute(Exception):
    """Has no text."""

    def __str__(self):
        raise SystemExit(9)


raise Mute
