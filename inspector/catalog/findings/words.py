"""The words of names: past tense, imperative, and what they say of a value."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from typing import Final

from inspector.core.redact.names import secret_kind
from inspector.core.verbs import PAST_UNLESS_FIRST, is_past

_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_SUFFIX: Final = re.compile(r"(?<=[a-z0-9])(?:Domain|Integration)?Event(?:V[0-9]+)?$")


def _set_of(text: str) -> frozenset[str]:
    return frozenset(text.split())


_VERBS: Final = _set_of(
    """
    accept activate add adjust allocate allow apply approve archive assign attach authenticate authorize begin bill
    block book build calculate cancel capture change check choose clean clear close collect commit complete compute
    confirm connect convert copy create credit deactivate debit decline decrease delete deliver deny deposit detach
    disable disconnect dispatch do download draw drop edit enable end enqueue enroll evict execute expire fail fetch
    find finish fire flag forward freeze generate get give grant handle hide import increase index initialize insert
    install invalidate invite invoke issue join keep kill launch link list load lock login logout make mark merge
    migrate modify move notify open pause pay perform persist pick place post prepare process provision publish pull
    purge push put reactivate read rebuild recalculate receive reconcile record redeem refresh refund register
    reject release remind remove rename renew replace report request reserve reset resolve restart restore resume
    retry return revert revoke rotate run save schedule search sell send set share ship show sign start stop store
    submit subscribe suspend sync synchronize tag take terminate test toggle track transfer transform trigger
    unassign unblock unlink unlock unpublish unregister unsubscribe update upgrade upload validate verify void
    withdraw write
    """
)


@lru_cache(maxsize=8192)
def words(name: str) -> tuple[str, ...]:
    """Return the words of a name in lower case: ``("user", "login", "failed")`` of ``UserLoginFailed``."""
    return tuple(word.lower() for word in _WORD.findall(name[:300]))


@lru_cache(maxsize=8192)
def event_words(name: str) -> tuple[str, ...]:
    """Return the words of an event's name without the suffix that only says that it is an event."""
    return words(_SUFFIX.sub("", name))


def is_past_tense(name: str) -> bool:
    """Return whether a name says that something has happened."""
    parts = event_words(name)
    later = parts if len(parts) == 1 else parts[1:]
    return any(map(is_past, parts)) or not PAST_UNLESS_FIRST.isdisjoint(later)


def is_imperative(name: str) -> bool:
    """Return whether a name orders something: a verb first, what to do it to after it, nothing in the past."""
    parts = event_words(name)
    return len(parts) > 1 and parts[0] in _VERBS and not is_past_tense(name)


def snake(name: str) -> str:
    """Return ``user_login_failed`` for ``UserLoginFailed``."""
    return "_".join(event_words(name))


def camel(*names: str) -> str:
    """Return ``UserLoginFailed`` for ``user_login`` and ``failed``."""
    return "".join(word.capitalize() for name in names for word in words(name))


#: Words (or two words in a row) that promise a secret and that the recorder does not know.
_SUSPICIOUS: Final = _set_of(
    """
    bearer csrf hotp kennwort keypair mnemonic nonce pass passwort privkey pw salt sid signature totp xsrf
    """
)
_SUSPICIOUS_PAIRS: Final = frozenset(
    (
        ("license", "key"),
        ("master", "key"),
        ("shared", "key"),
        ("secure", "key"),
        ("seed", "phrase"),
        ("security", "answer"),
        ("magic", "link"),
        ("reset", "link"),
        ("reset", "code"),
        ("login", "code"),
        ("backup", "code"),
        ("backup", "codes"),
        ("sort", "code"),
        ("connection", "string"),
    )
)
_PERSONAL: Final = _set_of(
    """
    birthdate birthday dob email emails ethnicity fax firstname forename fullname gender geolocation ip lastname
    latitude longitude mail mobile nationality nickname passport phone postcode religion street surname zipcode
    """
)
#: Where somebody is reached: to hide it from logs is no sign that it is a secret.
_ADDRESSES: Final = _set_of("email emails fax ip mail mobile phone")
_PERSONAL_PAIRS: Final = frozenset(
    (
        ("first", "name"),
        ("last", "name"),
        ("full", "name"),
        ("middle", "name"),
        ("maiden", "name"),
        ("birth", "date"),
        ("date", "of"),
        ("zip", "code"),
        ("postal", "code"),
        ("home", "address"),
        ("street", "address"),
        ("billing", "address"),
        ("shipping", "address"),
        ("user", "agent"),
    )
)


def looks_secret(name: str) -> bool:
    """Return whether a field's name promises a secret that the recorder would not recognise by it."""
    return _has(words(name), _SUSPICIOUS, _SUSPICIOUS_PAIRS)


def looks_personal(name: str) -> bool:
    """Return whether a field's name says that it holds something about a person."""
    return _has(words(name), _PERSONAL, _PERSONAL_PAIRS)


def is_address(name: str) -> bool:
    """Return whether a field holds where somebody is reached, which a class may hide, and no secret."""
    parts = words(name)
    if parts[-1:] == ("number",) or parts[-2:] in (("email", "address"), ("mail", "address"), ("ip", "address")):
        parts = parts[:-1]
    return bool(parts) and parts[-1] in _ADDRESSES and not secret_kind(name)


def _has(parts: tuple[str, ...], singles: frozenset[str], pairs: frozenset[tuple[str, str]]) -> bool:
    return not singles.isdisjoint(parts) or any(pair in pairs for pair in pairwise(parts))
