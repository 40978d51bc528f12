"""Mail that is sent, frames of server-sent events that are made: probes that wrap methods, or watch their code.

Known libraries are looked for among the modules that are loaded, and never imported. What a project has of its own is
found by what its classes are called: ``Outbox``, ``EmailService``, ``SmtpMailer``; ``SSEEvent``, ``ServerSentEvent``.
"""

from __future__ import annotations

import functools
import inspect
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from types import CodeType, FrameType, FunctionType
from typing import TYPE_CHECKING, Any, Final

from ...core.own_code import is_own_file, own_modules
from ...core.redact.redactor import OVERLAP
from ..observe.monitor import MONITOR
from ..observe.watchers import Open, Watcher

if TYPE_CHECKING:
    from .effects import Effects

#: Longest address and subject that are noted.
_LENGTH: Final = 200
#: Callers that are looked at for one that is watched, too.
_DEEP: Final = 20
_CLIENT: Final = "SMTP"
_SMTP: Final = (("smtplib", _CLIENT), ("aiosmtplib", _CLIENT))
#: Methods of a client that send mail; its ``send`` sends lines of the protocol.
_CLIENT_SENDS: Final = ("sendmail", "send_message")
_SEND: Final = re.compile(r"^(send|deliver)(_|$)|^(sendmail|send_message)$")
_MAILERS: Final = re.compile(
    r"^(Outbox|Mailbox)$|Mailer$|Outbox$|E?[Mm]ail(er|s|Sender|Service|Client|Gateway|Server|Transport|Backend|Provider|"
    r"Adapter|Queue)$"
)
_FRAMES: Final = re.compile(r"^(SSE|Sse|ServerSent)\w*(Event|Message|Frame)s?$")
_FRAME_SOURCES: Final = (
    *(("sse_starlette.event", "ServerSentEvent"), ("sse_starlette.sse", "ServerSentEvent")),
    ("inspector.core.bus.sse", "SSEEvent"),  # of a program on our own core
)
_TO_WIRE: Final = ("to_wire", "to_sse_format", "to_sse", "to_frame", "encode", "serialize", "format")
#: Packages and classes of libraries that do either.
_KNOWN: Final = frozenset((place.partition(".")[0], owner) for place, owner in (*_SMTP, *_FRAME_SOURCES))
#: How the methods begin that do.
_BEGINNINGS: Final = ("send", "deliver", *_TO_WIRE)
_PARAMETERS: Final = {
    "to": ("to", "recipient", "recipients", "to_addr", "to_addrs", "to_email", "address", "email"),
    "subject": ("subject", "title"),
}

#: A watched method is running: what it calls in turn is part of it.
_INSIDE: Final[ContextVar[bool]] = ContextVar("inspector_watched_call", default=False)

#: What is told of a call that has returned: the positional and keyword arguments (self first), and the result.
Told = Callable[[tuple[Any, ...], Mapping[str, Any], Any], None]


def wrap_method(owner: type[Any], name: str, report: Told, effects: Effects) -> Callable[[], None] | None:
    """Have it reported whenever a method has returned without an exception, inside of a handler.

    The method keeps name, signature and coroutine-ness; its result and exceptions pass through.

    Args:
        owner: The class that defines it.
        name: Its name there.
        report: Called on the thread of the call; an exception in it is logged nowhere and hurts nobody.
        effects: Knows whether the call is inside of a handler.

    Returns:
        A function that puts the method back; None when it is no plain function.
    """
    original = type.__dict__["__dict__"].__get__(owner).get(name)
    if type(original) is not FunctionType or inspect.isasyncgenfunction(original):
        return None

    def tell(args: tuple[Any, ...], kwargs: Mapping[str, Any], result: Any) -> None:
        try:
            report(args, kwargs, result)
        except Exception as error:  # noqa: BLE001 - arguments of any type, and the handler must not pay for our reading
            effects.tell("effect", f"{owner.__name__}.{name} could not be read: {type(error).__name__}")

    wrapper = (
        _asynchronous(original, tell, effects)
        if inspect.iscoroutinefunction(original)
        else _plain(original, tell, effects)
    )
    try:
        setattr(owner, name, wrapper)
    except (TypeError, AttributeError):  # a class that cannot be changed
        return None

    def undo() -> None:
        if type.__dict__["__dict__"].__get__(owner).get(name) is wrapper:
            setattr(owner, name, original)

    return undo


def _asynchronous(original: FunctionType, tell: Told, effects: Effects) -> Callable[..., Any]:
    @functools.wraps(original)
    async def watched(*args: Any, **kwargs: Any) -> Any:
        if effects.execution is None or _INSIDE.get():
            return await original(*args, **kwargs)
        token = _INSIDE.set(True)
        try:
            result = await original(*args, **kwargs)
        finally:
            _INSIDE.reset(token)
        tell(args, kwargs, result)
        return result

    return watched


def _plain(original: FunctionType, tell: Told, effects: Effects) -> Callable[..., Any]:
    @functools.wraps(original)
    def watched(*args: Any, **kwargs: Any) -> Any:
        if effects.execution is None or _INSIDE.get():
            return original(*args, **kwargs)
        token = _INSIDE.set(True)
        try:
            result = original(*args, **kwargs)
        finally:
            _INSIDE.reset(token)
        tell(args, kwargs, result)
        return result

    return watched


def _undo_all(undo: list[Callable[[], None]]) -> Callable[[], None]:
    def restore() -> None:
        while undo:
            undo.pop()()

    return restore


# --- mail -----------------------------------------------------------------------------------------


def watch_mail(effects: Effects) -> Callable[[], None]:
    """Watch mail: ``smtplib``, ``aiosmtplib``, and methods ``send…`` of classes that are called like mailers."""
    undo: list[Callable[[], None]] = []
    for owner in dict.fromkeys((*_loaded(_SMTP), *_own_classes(_MAILERS))):
        for name, method in tuple(type.__dict__["__dict__"].__get__(owner).items()):
            if _sends(owner.__name__, name) and type(method) is FunctionType:
                undone = wrap_method(owner, name, _mail_teller(method, effects), effects)
                undo += [undone] if undone is not None else []
    return _undo_all(undo)


def _sends(cls: str, name: str) -> bool:
    """Return whether a method of such a class sends mail."""
    return name in _CLIENT_SENDS if cls == _CLIENT else _SEND.search(name) is not None


def _mail_teller(method: FunctionType, effects: Effects) -> Told:
    signature = inspect.signature(method)

    def report(args: tuple[Any, ...], kwargs: Mapping[str, Any], _result: Any) -> None:
        _tell_mail(signature.bind(*args, **kwargs).arguments, effects)

    return report


def _tell_mail(arguments: Mapping[str, Any], effects: Effects) -> None:
    """Report a mail by what it was sent with, by the names of the parameters."""
    values = [value for name, value in arguments.items() if name != "self"]
    mails = sys.modules.get("email.message")  # without it there is none
    message = next((value for value in values if mails is not None and isinstance(value, mails.Message)), None)
    if message is not None:
        to, subject = str(message.get("To", "")), str(message.get("Subject", ""))
    else:
        to, subject = (_argument(arguments, _PARAMETERS[name]) for name in ("to", "subject"))
    text = f"mail to {to or 'unknown'}" + (f": {subject}" if subject else "")
    effects.tell("mail", text, {"to": to, "subject": subject}, content=values, longest=_LENGTH)


def _argument(arguments: Mapping[str, Any], names: tuple[str, ...]) -> str:
    keywords = {key: value for inner in arguments.values() if isinstance(inner, dict) for key, value in inner.items()}
    for name in names:
        value = arguments.get(name, keywords.get(name))
        if isinstance(value, (list, tuple)):
            value = ", ".join(address for address in value if isinstance(address, str))
        if isinstance(value, str) and value:
            return value[: _LENGTH + OVERLAP]
    return ""


# --- frames ---------------------------------------------------------------------------------------


def watch_frames(effects: Effects) -> Callable[[], None]:
    """Watch frames of server-sent events where they are written: ``to_wire``, ``encode`` … of classes called so."""

    def report(_args: tuple[Any, ...], _kwargs: Mapping[str, Any], result: Any) -> None:
        _tell_frame(result, effects)

    undo: list[Callable[[], None]] = []
    for owner in dict.fromkeys((*_loaded(_FRAME_SOURCES), *_own_classes(_FRAMES))):
        names = type.__dict__["__dict__"].__get__(owner)
        method = next((name for name in _TO_WIRE if name in names), None)
        undone = wrap_method(owner, method, report, effects) if method is not None else None
        undo += [undone] if undone is not None else []
    return _undo_all(undo)


def _tell_frame(frame: Any, effects: Effects) -> None:
    """Report a frame, if it has a name or a payload."""
    name, fields = read_frame(frame)
    if name or fields is not None:
        effects.tell("sse", name or "an unnamed frame", {"event": name, "fields": fields}, content=frame)


def read_frame(frame: Any) -> tuple[str, list[str] | None]:
    """Read the name of a frame and the fields of its payload; None when the payload is no JSON object.

    Args:
        frame: A frame of ``text/event-stream``, as text or bytes.
    """
    if isinstance(frame, bytes):
        frame = frame.decode("utf-8", "replace")
    if not isinstance(frame, str):
        return "", None
    name, data = "", []
    for line in frame.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            name = value
        elif field == "data":
            data.append(value)
    try:
        payload = json.loads("\n".join(data))
    except ValueError:
        return name, None
    # An envelope of its own around the payload: {"type": …, "data": {…}}.
    if isinstance(payload, dict) and isinstance(payload.get("data"), dict) and {"type", "event_type"} & payload.keys():
        name = name or str(payload.get("event_type") or payload.get("type"))
        payload = payload["data"]
    return name, list(map(str, payload)) if isinstance(payload, dict) else None


def _own_classes(pattern: re.Pattern[str]) -> Iterator[type[Any]]:
    """Yield the classes that the program's own modules define and whose name fits the pattern."""
    for module in own_modules():
        namespace = object.__getattribute__(module, "__dict__")
        for name, value in tuple(namespace.items()):
            if type(name) is str and pattern.search(name) and issubclass(type(value), type):
                defined = type.__dict__["__dict__"].__get__(value).get("__module__")
                if defined == namespace.get("__name__"):
                    yield value


def _loaded(places: tuple[tuple[str, str], ...]) -> Iterator[type[Any]]:
    """Yield the classes of libraries that the project has imported, where each method is defined."""
    for module, name in places:
        cls = getattr(sys.modules.get(module), name, None)
        if isinstance(cls, type):
            yield cls


# --- watching code --------------------------------------------------------------------------------


def watch_call(code: CodeType, module: str, effects: Effects) -> None:
    """Watch a function that is called for the first time, if it sends mail or makes a frame.

    Nothing is replaced: this is for programs that are only looked at.
    """
    name = code.co_name
    if not name.startswith(_BEGINNINGS):  # most code ends here: every function is asked about once
        return
    cls = code.co_qualname.rpartition(".")[0].rpartition(".")[2]  # type: ignore[attr-defined,unused-ignore]  # 3.11
    if not cls or code.co_flags & inspect.CO_ASYNC_GENERATOR:
        return
    if (module.partition(".")[0], cls) not in _KNOWN and not is_own_file(code.co_filename):
        return
    if (cls == _CLIENT or _MAILERS.search(cls)) and _sends(cls, name):
        MONITOR.watch(code, _Calls(effects, lambda arguments, _result: _tell_mail(arguments, effects)))
    elif name in _TO_WIRE and _FRAMES.search(cls):
        MONITOR.watch(code, _Calls(effects, lambda _arguments, result: _tell_frame(result, effects)))


class _Calls(Watcher):
    """Watches the calls of a function."""

    def __init__(self, effects: Effects, report: Callable[[Mapping[str, Any], Any], None]) -> None:
        self._effects = effects
        self._report = report

    def suspends(self, code: CodeType) -> bool:  # noqa: ARG002 - as the base class has it
        """Return that how long it waits is nobody's business."""
        return False

    def started(self, frame: FrameType) -> None:
        """Remember what it is called with, in a handler; what it calls in turn is part of it."""
        if self._effects.execution is None:
            return
        outside, deep = frame.f_back, 0
        while outside is not None and deep < _DEEP:
            if type(MONITOR.frames.get(outside)) is _Call:
                return
            outside, deep = outside.f_back, deep + 1
        MONITOR.open(frame, _Call(self._effects, self._report, _arguments(frame)))


class _Call(Open):
    """A call that has begun."""

    def __init__(
        self, effects: Effects, report: Callable[[Mapping[str, Any], Any], None], arguments: Mapping[str, Any]
    ) -> None:
        self._effects = effects
        self._report = report
        self._arguments = arguments

    def frame_returned(self, frame: FrameType, value: Any) -> None:
        """Report it: it has not failed."""
        try:
            self._report(self._arguments, value)
        except Exception as error:  # noqa: BLE001 - arguments of any type, and the program must not pay for our reading
            name = frame.f_code.co_name
            self._effects.tell("effect", f"{name} could not be read: {type(error).__name__}")


def _arguments(frame: FrameType) -> dict[str, Any]:
    """Return what a function was called with, by the names of its parameters."""
    code, held = frame.f_code, frame.f_locals
    count = code.co_argcount + code.co_kwonlyargcount
    count += bool(code.co_flags & inspect.CO_VARARGS) + bool(code.co_flags & inspect.CO_VARKEYWORDS)
    return {name: held[name] for name in code.co_varnames[:count] if name in held}
