"""Raises an exception of a kind of its own."""

class Odd(BaseException):
    """Not an Exception."""


raise Odd("odd")
