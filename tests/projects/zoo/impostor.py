"""Puts something else in its place among the modules."""

import sys


class Trap(type):
    """Answers no question."""

    def __getattribute__(cls, name):
        raise KeyboardInterrupt(name)


class Impostor(metaclass=Trap):
    """No module."""


sys.modules[__name__] = Impostor
