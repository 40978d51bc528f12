"""Secrets of a publication, and whether a text that a handler sent somewhere holds one of them.

Nothing here runs the code of a type that we do not know: what an object holds is read by ``ClassFacts``.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from email.errors import MessageError
from email.message import Message
from typing import TYPE_CHECKING, Any, Final

from ...core.redact.names import secret_kind
from ...core.values.classfacts import ClassFacts
from ...core.values.table import ATOMS, EXACT
from .log import USUAL

if TYPE_CHECKING:
    from ...core.bus.publication import Publication
    from .effects import Effects


#: A shorter secret is in many texts by chance.
SHORTEST: Final = 6
#: How deep, and how many values of an object are looked through, and how much of one text.
_DEPTH: Final = 5
_VALUES: Final = 500
_LENGTH: Final = 200_000
#: Publications above this one whose secrets count too.
_CAUSES: Final = 8
_MAX_CLASSES: Final = 4096

_MRO: Final = type.__dict__["__mro__"].__get__
#: Atoms in which no text can be, by id: an abstract class would ask who is below it for a hash.
_FLAT: Final = frozenset(id(atom.made) for atom in ATOMS.values() if not atom.textual)


def _is_flat(cls: type) -> bool:
    return not _FLAT.isdisjoint(map(id, _MRO(cls)))


class Reader:
    """Reads texts and secrets out of any value, and keeps what it has learned of each class."""

    def __init__(self, is_plain: Callable[[object], bool] = bool) -> None:
        # By id: a metaclass may hash as it likes.
        self._facts: dict[int, ClassFacts] = {}
        self._is_plain = is_plain
        #: Classes, by id, of which no field is secret, by its name or because the class says so.
        self._open: set[int] = set()

    def hides_nothing(self, publication: Publication) -> bool:
        """Return whether a publication is seen at once to hold no secret, nor what caused it; the usual ones are."""
        if publication.cause is not None or publication.shown is not None:
            return False
        return type(getattr(publication, "values", None)) is tuple and id(type(publication.event)) in self._open

    def secrets(self, publication: Publication) -> dict[str, str]:
        """Return the secret texts of a publication and of those that caused it, each with the name of its field.

        A field is secret by its name, or because its class says so.
        """
        secrets: dict[str, str] = {}
        current: Publication | None = publication
        for _ in range(_CAUSES):
            if current is None:
                break
            held = current.shown if current.shown is not None else current.event
            if self._may_hide(held):
                self._gather(held, "", secrets, _DEPTH)
            current = current.cause.publication if current.cause is not None else None
        return secrets

    def texts(self, value: Any) -> Iterator[str]:
        """Yield every text inside a value: of containers, objects, exceptions and mail messages."""
        left = [(value, 0)]
        for _ in range(_VALUES):
            if not left:
                return
            current, depth = left.pop()
            if issubclass(type(current), str):
                yield str.__str__(current)[:_LENGTH]
            elif issubclass(type(current), (bytes, bytearray)):
                yield bytes(current[:_LENGTH]).decode("utf-8", "replace")
            elif (atom := EXACT.get(id(type(current)))) and atom.textual and (not atom.usual or atom.usual(current)):
                yield str(atom.shown(current))[:_LENGTH]
            elif issubclass(type(current), Message):
                yield from message_texts(current)
            elif depth < _DEPTH and not _is_flat(type(current)):
                left += [(inner, depth + 1) for _, inner in self._parts(current)]

    def _may_hide(self, event: Any) -> bool:
        """Return whether an event may hold a secret; one of atoms alone does, if a field of its class is secret."""
        cls = type(event)
        if id(cls) not in self._open:
            facts = self._of(cls)
            if facts.marked or any(map(secret_kind, facts.names)):
                return True
            self._open.add(id(cls))
        return not self._is_plain(event)

    def _gather(self, value: Any, name: str, secrets: dict[str, str], depth: int) -> None:
        for part, inner in list(self._parts(value))[:_VALUES]:
            if part and (secret_kind(part) or part in self._marked(type(value))):
                for text in self.texts(inner):
                    if len(text) >= SHORTEST:
                        secrets.setdefault(text, part)
            elif depth and not issubclass(type(inner), (str, bytes)) and not _is_flat(type(inner)):
                self._gather(inner, part or name, secrets, depth - 1)

    def _marked(self, cls: type) -> frozenset[str]:
        return frozenset() if issubclass(cls, dict) else self._of(cls).marked

    def _parts(self, value: Any) -> Iterator[tuple[str, Any]]:
        """Yield what a value holds, by name where there are names."""
        kind = type(value)
        if issubclass(kind, dict):
            for key, inner in tuple(dict.items(value)):
                yield (key if type(key) is str else ""), inner
        elif issubclass(kind, (list, tuple, set, frozenset)):
            names = self._of(kind).names if issubclass(kind, tuple) else ()
            for index, inner in enumerate(tuple(value)[:_VALUES]):
                yield (names[index] if index < len(names) else ""), inner
        elif issubclass(kind, BaseException):
            for inner in tuple(BaseException.args.__get__(value)):  # type: ignore[attr-defined]
                yield "", inner
        elif not issubclass(kind, type) and not _is_flat(kind):
            yield from self._of(kind).attributes(value).items()

    def _of(self, cls: type) -> ClassFacts:
        facts = self._facts.get(id(cls))
        if facts is None:
            if len(self._facts) > _MAX_CLASSES:  # classes may be made without end
                self._facts.clear()
                self._open.clear()
            facts = self._facts[id(cls)] = ClassFacts(cls)
        return facts


def message_texts(message: Message) -> Iterator[str]:
    """Yield headers and bodies of a mail as they will be read, not as they are encoded on the way."""
    try:
        for part in message.walk():
            for name, value in part.items():
                yield f"{name}: {value}"
            if not part.is_multipart():
                body = part.get_payload(decode=True)
                yield body.decode("utf-8", "replace")[:_LENGTH] if isinstance(body, bytes) else str(body)[:_LENGTH]
    except (MessageError, LookupError, ValueError, AttributeError, TypeError) as error:  # a broken message
        yield f"unreadable: {type(error).__name__}"


# The probe that searches what handlers log for secrets; ``log`` notes it.


class _LogSearch(logging.Handler):
    def __init__(self, effects: Effects) -> None:
        super().__init__(logging.DEBUG)
        self.effects = effects

    def handle(self, record: logging.LogRecord) -> bool:
        execution = self.effects.execution
        if execution is not None and self.effects.has_secrets(execution):
            self.emit(record)
        return True

    def emit(self, record: logging.LogRecord) -> None:
        try:
            extra = [value for name, value in vars(record).items() if name not in USUAL]
            error = record.exc_info[1] if record.exc_info else None
            self.effects.look("log", (record.getMessage(), extra, error))
        except Exception:  # noqa: BLE001 - logging's own rule: a record that cannot be handled never hurts who wrote it
            self.handleError(record)


def watch_log(effects: Effects) -> Callable[[], None]:
    """Search log records for secrets: message, arguments, ``extra=`` and exception."""
    root, handler = logging.getLogger(), _LogSearch(effects)
    root.addHandler(handler)
    return lambda: root.removeHandler(handler)


def searches_of() -> Iterator[Effects]:
    """Return the effects whose log is searched now."""
    return (handler.effects for handler in logging.getLogger().handlers if isinstance(handler, _LogSearch))
