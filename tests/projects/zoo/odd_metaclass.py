"""Has an event whose class answers no question."""

from homemade import Bus, pong


class Trap(type):
    """Refuses comparison."""

    def __eq__(cls, other):
        return cls is other

    def __hash__(cls):
        return 1

    def __getattr__(cls, name):
        raise AttributeError(name)


class Ping(metaclass=Trap):
    """Looks like the other one."""

    def __init__(self, number: int = 0) -> None:
        self.number = number


bus = Bus()
bus.subscribe(Ping, pong)
