"""Secrets are hidden before anything is recorded: by the name of the field and by the look of the value.

A hidden value becomes ``<redacted:kind#hmac4>``. The four hex digits are a keyed hash with a key of the session, so
that equal secrets can be seen to be equal, and nothing else.

Every pattern runs in linear time on any text: each begins at a place that cannot overlap with the one before, and has
bounded repetition after it. A naive pattern took 20 ms on a crafted text of 4 KB.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Callable
from typing import Any, Final

from ..values.hints import field_hints, markers

#: In ``Annotated[str, SECRET]``: the field is secret whatever its name.
SECRET: Final = "inspector:secret"  # noqa: S105 - a marker

#: A word in a name that makes its value secret, and the kind to show. Plurals count too.
_SECRET_WORDS: Final = {
    "password": "password",
    "passwd": "password",
    "pwd": "password",
    "passphrase": "password",
    "passcode": "password",
    "token": "token",
    "jwt": "token",
    "secret": "secret",
    "authorization": "authorization",
    "auth": "authorization",
    "credential": "credential",
    "cookie": "cookie",
    "apikey": "api_key",
    "card": "card",
    "cvv": "card",
    "cvc": "card",
    "iban": "iban",
    "ssn": "ssn",
    "pin": "pin",
    "otp": "otp",
}
#: Two words that only together make a value secret.
_SECRET_PAIRS: Final = {
    ("api", "key"): "api_key",
    ("access", "key"): "api_key",
    ("private", "key"): "private_key",
    ("signing", "key"): "private_key",
    ("encryption", "key"): "private_key",
    ("session", "key"): "token",
    ("social", "security"): "ssn",
    ("account", "number"): "account",
    ("security", "code"): "card",
    ("recovery", "code"): "otp",
    ("verification", "code"): "otp",
}
#: After a secret word they tell that the value is about the secret: ``token_type``, ``card_brand``, ``auth_method``.
_ABOUT: Final = frozenset(
    (
        *("type", "kind", "count", "version", "status", "state", "policy", "expiry", "expires", "expired", "at"),
        *("length", "brand", "limit", "format", "category", "reason", "id", "ids", "method", "required", "enabled"),
        *("present", "valid", "provider", "scheme", "size", "age", "ttl"),
    )
)
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")

_TOKEN_RUN: Final = re.compile(r"[A-Za-z0-9_\-.]+")
_BEARER: Final = re.compile(r"(?i)(?<![\w-])(bearer|basic)([ \t]{1,4})([A-Za-z0-9._~+/\-]{8,}={0,2})")
_PEM_BEGIN: Final = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----")
_PEM_END: Final = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----")
_AWS: Final = re.compile(r"(?<![A-Za-z0-9])(?:AKIA|ASIA)[0-9A-Z]{16}(?![A-Za-z0-9])")
_VENDOR: Final = re.compile(
    r"(?<![A-Za-z0-9_-])(?:gh[opsur]_|github_pat_|glpat-|xox[abprs]-|[srp]k_live_|sk-|AIza)[A-Za-z0-9_-]{16,}"
)
#: Below this length no word of letters, digits and ``_`` is a key.
_SHORTEST_KEY: Final = 19
_USERINFO: Final = re.compile(r"(?<=://)([^\s/@:]{0,128}):([^\s/]{1,256})@")
_CARD: Final = re.compile(r"(?<![\w.\-])[2-6](?:[ -]?[0-9]){12,18}(?![\w-]|\.[0-9])")
_EMAIL: Final = re.compile(
    r"(?<![A-Za-z0-9._%+\-])[A-Za-z0-9._%+\-]{1,64}@[A-Za-z0-9\-]{1,63}(?:\.[A-Za-z0-9\-]{1,63}){1,8}"
)
#: The beginning of ``password=x``, ``'token': 'x'``, ``api_key: "x"`` in running text, and the value after it.
_NAMED: Final = re.compile(r"(?<![\w-])([A-Za-z_][\w-]{0,63})[\"']?[ \t]{0,3}([=:])(?!//)[ \t]{0,3}")
_NAMED_VALUE: Final = re.compile(r"\"([^\"\n]+)\"|'([^'\n]+)'|([^\s\"',;&}\])]+)")


def secret_kind(name: str) -> str:
    """Return which kind of secret a field of that name holds; empty when it holds none.

    Words count, not letters: ``reset_token`` and ``apiKey`` are secret, ``token_version``, ``card_brand`` and
    ``pinned`` are not.
    """
    words = [word.lower() for word in _WORD.findall(name[:200])]
    for index, word in enumerate(words):
        single = word[:-1] if word.endswith("s") and word != "ss" else word
        kind = _SECRET_WORDS.get(word) or _SECRET_WORDS.get(single)
        rest = words[index + 1 :]
        if not kind and rest:
            kind = _SECRET_PAIRS.get((word, rest[0])) or _SECRET_PAIRS.get((word, rest[0].removesuffix("s")))
            rest = rest[1:]
        if kind and not (rest and rest[-1] in _ABOUT):
            return kind
    return ""


def marked_fields(cls: type) -> frozenset[str]:
    """Return the fields that a class itself hides.

    By ``__redact__ = ("name",)``, ``Annotated[str, SECRET]`` or, in a dataclass, ``field(repr=False)``: what must not
    stand in a log line by way of its repr must not stand in a record either.
    """
    names = getattr(cls, "__redact__", ())
    named = {name for name in names if type(name) is str} if type(names) in (tuple, list, set, frozenset) else set()
    marked = {
        name
        for name, hint in field_hints(cls).items()
        if any(type(each) is str and each == SECRET for each in markers(hint))
    }
    fields = getattr(cls, "__dataclass_fields__", None)
    unshown = {name for name, each in fields.items() if each.repr is False} if type(fields) is dict else set()
    return frozenset(named | marked | unshown)


class Redactor:
    """Hides secrets, with one key for the whole session.

    Args:
        key: Key of the hash that shows equality; None makes a new one.
        emails: Hide e-mail addresses too. Off by default: events are about users, and hardly readable without.
    """

    def __init__(self, key: bytes | None = None, *, emails: bool = False) -> None:
        self._key = key or secrets.token_bytes(32)
        self._kinds: dict[str, str] = {}
        self._rules = (*_RULES, _hide_emails) if emails else _RULES

    def kind_of(self, name: str) -> str:
        """``secret_kind``, remembered: field names come again and again."""
        kind = self._kinds.get(name)
        if kind is None:
            if len(self._kinds) > 10_000:  # names from a dict's keys may have no end
                self._kinds.clear()
            kind = self._kinds[name] = secret_kind(name)
        return kind

    def mark(self, kind: str, secret: str | bytes) -> str:
        """Return what stands for a secret: ``<redacted:token#1f3c>``."""
        raw = secret.encode("utf-8", "surrogatepass") if isinstance(secret, str) else secret
        return f"<redacted:{kind}#{hmac.digest(self._key, raw, 'sha256')[:2].hex()}>"

    def value(self, name: str, value: Any) -> Any:
        """Redact the value of a field: the whole by its name, else what its text shows. Only texts and bytes change."""
        if type(value) is str:
            kind = self.kind_of(name)
            return self.mark(kind, value) if kind and value else self.redact_text(value)
        if type(value) is bytes and value and (kind := self.kind_of(name)):
            return self.mark(kind, value)
        return value

    def redact_text(self, text: str) -> str:
        """Hide what looks like a secret inside a text (a value, the message of an exception, a log line).

        JWT, bearer and basic credentials, private keys, cloud and vendor keys, URL passwords, card numbers, and
        by name ``password=…``, ``'token': '…'``.
        """
        if text.isalpha() or (len(text) < _SHORTEST_KEY and text.isidentifier()):
            return text  # most names and short words: no rule can fit
        if "=" in text or ":" in text:
            text = self._hide_named(text)
        for rule in self._rules:
            text = rule(text, self)
        return text

    def _hide_named(self, text: str) -> str:
        done: list[str] = []
        at = 0
        for found in _NAMED.finditer(text):
            kind = self.kind_of(found[1]) if found.end() >= at else ""
            value = _NAMED_VALUE.match(text, found.end()) if kind else None
            if value and _is_secret(kind, found[2], value):
                index = value.lastindex or 0
                done += [text[at : value.start(index)], self.mark(kind, value[index])]
                at = value.end(index)
        return "".join([*done, text[at:]]) if done else text


def _is_secret(kind: str, sign: str, value: re.Match[str]) -> bool:
    bare = value[3]
    if bare is None:
        return True
    if bare in ("None", "null", "True", "False") or bare.lower() in ("bearer", "basic"):
        return False  # nothing to hide, or what follows is hidden by its own rule
    # "invalid token: expired" is prose; "token: 8f14e45f" is not.
    return sign == "=" or kind in ("password", "authorization") or _looks_random(bare)


def _looks_random(text: str) -> bool:
    return len(text) >= 6 and any(char.isdigit() for char in text)


def _hide_tokens(text: str, redactor: Redactor) -> str:
    """JWT: three parts with dots, the first beginning ``eyJ`` (``{"`` in base64)."""
    if "eyJ" not in text:
        return text

    def hide(found: re.Match[str]) -> str:
        parts = found[0].split(".")
        for index, part in enumerate(parts[:-2]):
            at = part.find("eyJ")
            if at >= 0 and len(part) - at >= 8 and len(parts[index + 1]) >= 4:
                before = ".".join([*parts[:index], part[:at]])
                after = parts[index + 3 :]
                token = found[0][len(before) : len(found[0]) - sum(len(each) + 1 for each in after)]
                return before + redactor.mark("jwt", token) + "".join(f".{each}" for each in after)
        return found[0]

    return _TOKEN_RUN.sub(hide, text)


def _hide_bearer(text: str, redactor: Redactor) -> str:
    if "asic" not in text and "earer" not in text.lower() and "BASIC" not in text:
        return text

    def hide(found: re.Match[str]) -> str:
        scheme, space, token = found.groups()
        plain_word = token.isalpha() and (token.islower() or token.istitle())
        if plain_word and len(token) < 16:
            return found[0]  # "basic training"
        return f"{scheme}{space}{redactor.mark('bearer' if scheme.lower() == 'bearer' else 'authorization', token)}"

    return _BEARER.sub(hide, text)


def _hide_pem(text: str, redactor: Redactor) -> str:
    if "-----BEGIN" not in text:
        return text
    done: list[str] = []
    at = 0
    while begin := _PEM_BEGIN.search(text, at):
        end = _PEM_END.search(text, begin.end())
        stop = end.end() if end else len(text)
        done += [text[at : begin.start()], redactor.mark("private_key", text[begin.start() : stop])]
        at = stop
    return "".join([*done, text[at:]])


def _hide_keys(text: str, redactor: Redactor) -> str:
    if "AKIA" in text or "ASIA" in text:
        text = _AWS.sub(lambda found: redactor.mark("aws_key", found[0]), text)
    if "_" in text or "-" in text or "AIza" in text:
        text = _VENDOR.sub(lambda found: redactor.mark("api_key", found[0]), text)
    return text


def _hide_userinfo(text: str, redactor: Redactor) -> str:
    if "://" not in text or "@" not in text:
        return text
    return _USERINFO.sub(lambda found: f"{found[1]}:{redactor.mark('url', found[2])}@", text)


def _hide_cards(text: str, redactor: Redactor) -> str:
    if len(text) < 13:
        return text
    return _CARD.sub(lambda found: redactor.mark("card", found[0]) if _luhn(found[0]) else found[0], text)


def _luhn(text: str) -> bool:
    digits = [int(char) for char in reversed(text) if char.isdigit()]
    doubled = (digit * 2 - 9 if digit > 4 else digit * 2 for digit in digits[1::2])
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


def _hide_emails(text: str, redactor: Redactor) -> str:
    return _EMAIL.sub(lambda found: redactor.mark("email", found[0]), text) if "@" in text else text


_RULES: Final[tuple[Callable[[str, Redactor], str], ...]] = (
    _hide_pem,
    _hide_tokens,
    _hide_bearer,
    _hide_keys,
    _hide_userinfo,
    _hide_cards,
)
