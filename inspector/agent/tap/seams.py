"""Seams: methods and functions of a library, each with a function of ours in its place that passes every call on.

Where Python cannot be asked about code (3.11) this is how a bus is met that the program has made itself: by a call of
its class's own method. What is entered for a bus is called in the place of the method from then on, also by those who
took the bound method along before. The object itself stays as it is: it can be copied, and its variables are its own.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Final

#: Seams by the id of what stands in them.
_SEAMS: Final[dict[int, Seam]] = {}
#: The flag of the code of a coroutine function.
_COROUTINE: Final = 0x80


class Seam:
    """One function of a class or a module, with a stand-in in its place.

    Args:
        owner: The class or module.
        name: Its name there; whatever else is the same function there is replaced, too.
        unknown: Asked about the first argument of a call that nobody has entered; says whether it has been entered, or
            the function replaced for all. Without it the seam is gone with the last that was entered.

    Attributes:
        function: The function.
        asynchronous: Calling it gives a coroutine.
    """

    def __init__(self, owner: Any, name: str, unknown: Callable[[Any], bool] | None = None) -> None:
        self.function: Any = vars(owner)[name]
        self.asynchronous = bool(self.function.__code__.co_flags & _COROUTINE)
        self._owner = owner
        self._name = name
        self._unknown = unknown
        self._entered: dict[int, Callable[..., Any]] = {}
        self._stands: Any = self._dispatcher()
        _SEAMS[id(self._stands)] = self
        self._places = [other for other, value in tuple(vars(owner).items()) if value is self.function]
        for place in self._places:
            setattr(owner, place, self._stands)

    def enter(self, bus: Any, call: Callable[..., Any]) -> Callable[[], None]:
        """Call this in the place of the method of one object; return a function that ends it.

        Args:
            bus: The object.
            call: Called with the arguments behind it.
        """
        self._entered[id(bus)] = call

        def leave() -> None:
            self._entered.pop(id(bus), None)
            if not self._entered and self._unknown is None:
                self.take()

        return leave

    def take(self) -> None:
        """Put the function back, where nothing else has been put there."""
        self._entered.clear()
        self._unknown = None
        for place in self._places:
            if vars(self._owner).get(place) is self._stands:
                setattr(self._owner, place, self.function)

    def _call(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        first = args[0] if args else None
        entered = self._entered.get(id(first))
        if entered is None and self._unknown is not None and self._unknown(first):
            entered = self._entered.get(id(first))
            stands = vars(self._owner).get(self._name)
            if entered is None and stands is not self._stands:  # it was replaced for all objects
                return stands(*args, **kwargs)
        return self.function(*args, **kwargs) if entered is None else entered(*args[1:], **kwargs)

    def _dispatcher(self) -> Any:
        import functools  # not where no library is imported

        function = self.function

        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            try:
                return self._call(args, kwargs)
            except BaseException as error:
                strip(error)
                raise

        @functools.wraps(function)
        async def call_async(*args: Any, **kwargs: Any) -> Any:
            try:
                return await self._call(args, kwargs)
            except BaseException as error:
                strip(error)
                raise

        return call_async if self.asynchronous else call


def seam_of(cls: type[Any], name: str, *, through: bool = False) -> Seam | None:
    """Return the seam of a method of a class, a new one where there is none; None where it is no Python function.

    Args:
        cls: The class.
        name: The name of the method.
        through: A method that calls another of its name is passed over: what a library has is the same for all.
    """
    for base in cls.__mro__:
        function = vars(base).get(name)
        if id(function) in _SEAMS:
            return _SEAMS[id(function)]
        code = getattr(function, "__code__", None)
        if function is not None and not (through and code is not None and name in code.co_names):
            return Seam(base, name) if type(function) is type(seam_of) else None
    return None


def is_seam(function: Any) -> bool:
    """Return whether a function stands in a seam."""
    return id(function) in _SEAMS


def strip(error: BaseException) -> None:
    """Take our own frames off the front of a traceback, so that a bare ``raise`` leaves no trace of us (from 3.11)."""
    from ...core.own_code import is_agent  # not where nothing is raised

    traceback = error.__traceback__
    while traceback is not None and is_agent(traceback.tb_frame.f_code.co_filename):
        traceback = traceback.tb_next
    error.__traceback__ = traceback
