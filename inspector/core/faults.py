"""Faults on purpose, as data: which handler goes wrong for which event, and how."""

from __future__ import annotations

import math
import re
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from typing import Any, Final

from .errors import UsageError, alternatives

#: What a handler can be made to do: raise; take long; never end; raise, and go on as if nothing had happened; be
#: cancelled; not be called at all.
FAULT_KINDS: Final = ("fail", "slow", "hang", "swallow", "cancel", "drop")
#: How people call them.
FAULT_WORDS: Final = {
    "fail": "raise",
    "slow": "delay",
    "hang": "hang",
    "swallow": "swallow",
    "cancel": "cancel",
    "drop": "drop",
}
_KIND_OF: Final = {**{kind: kind for kind in FAULT_KINDS}, **{word: kind for kind, word in FAULT_WORDS.items()}}
_OPTION: Final = re.compile(r",\s*(every|p|event)=([^,=]*)$")
#: Longest delay in seconds, and most executions between two that are struck.
_LONGEST: Final = 3_600.0
_RAREST: Final = 1_000_000


@dataclass(frozen=True)
class FaultRule:
    """One fault: executions that fit ``handler`` and ``event`` go wrong.

    Attributes:
        handler: Pattern (``*``, ``?``, ``[…]``, case counts) for the handler's label, like
            ``AuditEventHandler.handle_user_login_*``.
        event: Pattern for the class name of the event.
        kind: One of ``FAULT_KINDS``.
        error: The exception of ``fail`` and ``swallow``, a built-in exception class and its message:
            ``ConnectionError: the server went away``.
        delay: Seconds more that ``slow`` takes; for a synchronous handler also how long ``hang`` blocks the
            loop. An asynchronous one that hangs ends at its deadline.
        every: Strike every n-th execution that fits.
        probability: Strike an execution that fits with this probability.
    """

    handler: str
    event: str
    kind: str
    error: str = "RuntimeError: injected fault"
    delay: float = 1.0
    every: int = 1
    probability: float = 1.0

    def __post_init__(self) -> None:
        if self.kind not in FAULT_KINDS:
            raise UsageError(f"Unknown fault {self.kind!r}.", f"Use {alternatives(FAULT_WORDS.values())}.")
        if not 0 <= self.delay <= _LONGEST:
            raise UsageError(f"Invalid fault delay: {self.delay} seconds.", "Use 0 to 3600 seconds.")
        if not 1 <= self.every <= _RAREST:
            raise UsageError(f"Invalid fault interval: {self.every}.", "Use a whole number of at least 1.")
        if not 0 < self.probability <= 1:
            raise UsageError(f"Invalid probability: {self.probability}.", "Use a number above 0, up to 1.")
        if not self.handler.strip() or not self.event.strip():
            raise UsageError("A fault needs a handler and an event.", "Use * for any.")
        for pattern in (self.handler, self.event):
            _check_ranges(pattern)

    def fits(self, label: str, event: str) -> bool:
        """Return whether the rule is about this handler (by its label) and this event (by its class name)."""
        return fnmatchcase(label, self.handler) and fnmatchcase(event, self.event)

    @property
    def how(self) -> str:
        """What it does and how often: ``raise TimeoutError, every 5``."""
        what = FAULT_WORDS[self.kind]
        if self.kind in ("fail", "swallow"):
            what += f" {self.error.partition(':')[0]}"
        elif self.kind == "slow":
            what += f" {self.delay:g} s"
        often = [f"every {self.every}"] if self.every > 1 else []
        often += [f"probability {self.probability:g}"] if self.probability < 1 else []
        return ", ".join([what, *often])

    def to_json(self) -> dict[str, Any]:
        """Return the rule as JSON values, for the wire; ``FaultRule(**…)`` reads it."""
        return asdict(self)


def _check_ranges(pattern: str) -> None:
    """Refuse a pattern that can match nothing because a range in it is reversed.

    Raises:
        UsageError: One is.
    """
    for characters in re.findall(r"\[!?\]?([^\]]*)\]", pattern):
        for first, last in re.findall(r"(.)-(.)", characters):
            if first > last:
                raise UsageError(f"Reversed range [{first}-{last}] in {pattern[:80]!r}.", f"Use [{last}-{first}].")


def parse_fault(text: str, event: str = "*") -> FaultRule:
    """Read a rule: ``HANDLER=KIND[:ARGUMENT][,every=N][,p=P][,event=EVENT]``.

    ``PaymentHandler.*=raise:TimeoutError: no answer,every=5``, ``*=delay:0.25,p=0.1``, ``AuditHandler.*=drop``.

    Args:
        text: What is written.
        event: The event that is meant where none is written.

    Raises:
        UsageError: It is no rule.
    """
    handler, sign, rest = text.partition("=")
    if not sign or not handler.strip():
        raise UsageError(
            f"Invalid fault {text[:80]!r}.", "Use HANDLER=KIND, for example PaymentHandler.*=raise:TimeoutError."
        )
    options: dict[str, str] = {}
    while match := _OPTION.search(rest):
        if match[1] in options:
            raise UsageError(f"{match[1]} is set twice in fault {text[:80]!r}.", "Set each option once.")
        options[match[1]] = match[2].strip()
        rest = rest[: match.start()]
    word, _, argument = rest.partition(":")
    kind, argument = _KIND_OF.get(word.strip().lower(), word.strip()), argument.strip()
    more: dict[str, Any] = {}
    if kind in ("fail", "swallow") and argument:
        more["error"] = argument if ":" in argument else f"{argument}: injected fault"
    elif kind in ("slow", "hang") and argument:
        more["delay"] = _number(argument.removesuffix("s").strip(), "delay in seconds")
    elif argument:
        raise UsageError(f"{word.strip()} takes no argument, not {argument[:60]!r}.")
    if "every" in options:
        every = _number(options["every"], "whole number")
        if every != int(every):
            raise UsageError(f"Invalid whole number {options['every'][:60]!r}.", "Use every=2 for every second one.")
        more["every"] = int(every)
    if "p" in options:
        more["probability"] = _number(options["p"], "probability")
    return FaultRule(handler.strip(), options.get("event", event), kind, **more)


def _number(text: str, what: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise UsageError(f"Invalid {what} {text[:60]!r}.")
    return number
