"""Secrets are hidden before anything is recorded: by the name of the field and by the look of the value.

A hidden value becomes ``<redacted:kind#hmac4>``. The four hex digits are a keyed hash with a key of the session, so
that equal secrets can be seen to be equal, and nothing else.
"""

from __future__ import annotations

import base64
import hmac
import re
import secrets
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from . import forms, looks, named
from .commands import secret_arguments, secret_spans
from .names import is_numbered, may_name_a_secret, may_tell_a_code, may_tell_a_secret, secret_kind
from .services import SHORTEST_KEY, SHORTEST_LATE_KEY, heads_of_keys, late_service_keys, service_keys

if TYPE_CHECKING:
    from .named import Span

#: In place of a name, for lines of source.
SOURCE: Final = "<source>"
#: Longer lists are no command lines.
_LONGEST_SEQUENCE: Final = 200
#: Below this length no word of letters, digits and ``_`` is a key.
_SHORTEST_WORD: Final = 19
#: Without one of these nothing in a text is given to a name.
_GIVING: Final = re.compile(r"[=:<\"']")
#: Shortest base64 that is looked into, and what it is made of; at most this much of one word.
_SHORTEST_ENCODED: Final = 24
_ENCODED: Final = re.compile(r"(?<![A-Za-z0-9+/_.-])[A-Za-z0-9+/]{22,65536}={0,2}(?![A-Za-z0-9+/_.-])")
_UNSEEN: Final = re.compile(r"(?:\x1b|\\{1,31}(?:x1b|u001b))\[[0-9;]{0,20}[A-Za-z]|[\u00ad\u200b-\u200f\u2060\ufeff]")
_DIGIT: Final = re.compile(r"[0-9]")
_FOUR_DIGITS: Final = re.compile(r"[0-9]{4}")
_CODE: Final = re.compile(r"[0-9]{3}[ -]?[0-9]|[A-Z0-9]{5}")
_STATEMENT: Final = re.compile(r"\[parameters: |\] [(\[]|row contains|VALUES|values")
#: Ids, times and digests as a whole.
_ORDINARY: Final = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|"
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9:]{5,8}(?:\.[0-9]{1,9})?(?:Z|[+-][0-9:]{2,5})?)?|"
    r"[0-9a-f]{40}|[0-9a-f]{64}"
)
#: Lines after the beginning of a private key that may belong to it.
_KEY_LINES: Final = 400
#: With these a line ends whose value stands on the next.
_OPEN_ENDS: Final = frozenset(":=|>")
_LONGEST_LINE: Final = 8_192
#: Shortest secret that is looked for in later lines, and how many of them.
_SHORTEST_AGAIN: Final = 8
_MOST_AGAIN: Final = 64
#: Of the line before, so much is looked at.
_LONGEST_BEFORE: Final = 200
#: A text is looked at this far beyond its cut, so that no half of a secret is left standing at the cut.
OVERLAP: Final = 4_096


class Redactor:
    """Hides secrets, with one key for the whole session.

    Args:
        key: Key of the hash that shows equality; None makes a new one.
        emails: Hide e-mail addresses too. Off by default: events are about users, and hardly readable without.
    """

    def __init__(self, key: bytes | None = None, *, emails: bool = False) -> None:
        self._key = key or secrets.token_bytes(32)
        self._kinds: dict[str, str] = {}
        self._emails = emails

    def kind_of(self, name: str) -> str:
        """Return ``secret_kind`` of a name, remembered: field names come again and again."""
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

    def hide(self, kind: str, text: str) -> str:
        """Return what stands for the value of a secret field; what hides nothing (empty, ``none``, a mask) stays."""
        return text if named.is_nothing(text) else self.mark(kind, text)

    def value(self, name: str, value: Any) -> Any:
        """Redact the value of a field: the whole by its name, else what its text shows. Numbers stay as they are."""
        if type(value) is str:
            kind = self.kind_of(name)
            return self.hide(kind, value) if kind else self.text_of(name, value)
        if type(value) is bytes and value and (kind := self.kind_of(name)):
            return self.mark(kind, value)
        if type(value) is UUID and (kind := self.kind_of(name)):
            return self.mark(kind, str(value))
        return value

    def text_of(self, name: str, text: str) -> str:
        """Redact the text of a field with an ordinary name; the number of an order is none of a card."""
        return text if text.isdigit() and is_numbered(name) else self.redact_text(text)

    def redact_text(self, text: str, *, encoded: bool = False) -> str:
        """Hide what looks like a secret inside a text (a value, the message of an exception, a log line).

        ``encoded`` says that it was base64 itself.

        Private keys, tokens, credentials, keys of services, URL passwords, numbers of cards and accounts; and by name
        ``password=…``, ``'token': '…'``, ``--password …``, ``<pin>…</pin>``, ``("x-api-key", "…")``.
        """
        if text.isalpha() or (len(text) < _SHORTEST_WORD and text.isidentifier()) or _ORDINARY.fullmatch(text):
            return text  # most names, short words, ids and times: no rule can fit
        if (
            "\x1b[" in text or "1b[" in text or not text.isascii()
        ):  # colours and invisible characters hide names from the rules
            plain = _UNSEEN.sub("", text)
            if plain != text:
                shown = self.redact_text(plain, encoded=encoded)
                return text if shown == plain else shown
        dashes = "-" in text
        if dashes and ("---" in text or "PuTTY" in text or "Private-MAC" in text):
            text = self._replaced(text, looks.private_keys(text))
        lines = "\n" in text or "\\n" in text
        if lines or _GIVING.search(text) or (dashes and (" -" in text or text[0] == "-")):
            suspicious = may_name_a_secret(text.lower()) or "IDENTIFIED" in text or "identified" in text
        else:
            suspicious = _DIGIT.search(text) is not None and may_tell_a_secret(text.lower())
        if suspicious:
            text = self._replaced(text, named.named(text, self.kind_of))
            text = self._replaced(text, named.other_forms(text, self.kind_of))
            text = self._replaced(text, named.options_and_sentences(text, self.kind_of))
            text = self._replaced(text, named.beside_names(text, self.kind_of))
            if lines:
                text = self._replaced(text, forms.names_and_values(text, self.kind_of))
                text = self._replaced(text, forms.in_tables(text, self.kind_of))
        if "\\u" in text or "\\x" in text or "%" in text:
            text = self._replaced(text, named.escaped_names(text, self.kind_of))
        text = self._by_form(text)
        return self._by_look(text, encoded=encoded)

    def shortened(self, text: str, limit: int) -> str:
        """Return the beginning of a text, with ``…`` where it was cut; secrets are hidden before, in bounded time."""
        shown = self.redact_text(text[: limit + OVERLAP])
        return shown if len(text) <= limit else shown[:limit] + "…"

    def redact_source(self, text: str) -> str:
        """Hide secrets in lines of source: literals given to secret names, and what looks like a secret.

        As many lines come back as were given.
        """
        text = "\n".join(PrintedLines(self).key_lines(text.split("\n")))
        if may_name_a_secret(text.lower()):
            text = self._replaced(text, named.in_source(text, self.kind_of))
            text = self._replaced(text, named.other_forms(text, self.kind_of))
        return self._by_look(text)

    def of_failure(self, text: str, name: str | None) -> str:
        """Redact what is told of a failure: a text (``None``), lines of source (``SOURCE``), or a variable's value."""
        if name is None:
            return self.redact_text(text)
        return self.redact_source(text) if name == SOURCE else str(self.value(name, text))

    def in_sequence(self, items: Sequence[Any]) -> dict[int, tuple[str, int]]:
        """Return which items of a list or tuple are secrets: its place, the kind, and where in the text it begins.

        Of a pair of name and value (a header), and of program and arguments.
        """
        first = items[0] if items else None
        if not (type(first) is str or type(first) is bytes) or len(items) > _LONGEST_SEQUENCE:
            return {}
        if len(items) == 2:
            name = first[:200] if isinstance(first, str) else bytes(first or b"")[:200].decode("utf-8", "replace")
            kind, value = self.kind_of(name), items[1]
            if kind and not (type(value) is str and named.is_another_name(value, self.kind_of)):
                return {1: (kind, 0)}
        if first in forms.COMMANDS:
            return {place: ("password", begin) for place, begin in forms.in_command(items)}
        if any(type(item) is str and item[:1] == "-" for item in items) and all(type(item) is str for item in items):
            return {place: ("argument", begin) for place, begin in secret_arguments(items)}
        return {}

    def redact_plain(self, value: Any, name: str = "") -> Any:
        """Redact plain data as it comes from JSON: the texts in lists and dicts, by the names of their keys."""
        if type(value) is dict:
            return {key: self.redact_plain(inner, str(key)) for key, inner in value.items()}
        if type(value) in (list, tuple):
            return [self.redact_plain(inner, name) for inner in value]
        return self.value(name, value)

    def _by_form(self, text: str) -> str:
        """Hide what is told by the form of a line; nearly every text has none of the words that such a line has."""
        lowered = text.lower()
        password = "pass" in lowered
        if password or "auth" in lowered or " login " in lowered or "setuser" in lowered or text.count(":") >= 4:
            text = self._replaced(text, forms.in_files_of_passwords(text))
            text = self._replaced(text, forms.in_protocols(text))
        code = "code" in lowered
        if (code or "state=" in lowered or "ticket=" in lowered or "saml" in lowered or "verifier" in lowered) and (
            "=" in text or "%3" in text
        ):
            text = self._replaced(text, forms.in_logins(text))
        if (code or password or may_tell_a_code(lowered)) and _CODE.search(text):
            text = self._replaced(text, forms.codes_sent(text))
        return text

    def _by_look(self, text: str, *, encoded: bool = False) -> str:
        digits = _DIGIT.search(text) is not None
        # Words of small letters are no keys, and short ones neither.
        if len(text) >= SHORTEST_KEY and (digits or not text.islower()):
            long = [word for word in text.split() if len(word) >= SHORTEST_KEY]
            if long:
                text = self._without_keys(text, long, encoded=encoded)
        if "earer" in text or "asic" in text or "BASIC" in text or "EARER" in text:
            text = self._replaced(text, looks.credentials(text))
        if ("@" in text and ":/" in text) or ("ig" in text and "=" in text):
            text = self._replaced(text, looks.in_addresses(text))
        if digits and _FOUR_DIGITS.search(text):
            if looks.CARD.search(text):
                text = self._replaced(text, looks.cards(text))
            if looks.IBAN.search(text):
                text = self._replaced(text, looks.accounts(text))
        if " -" in text or "'-" in text or '"-' in text or "rabbitmqctl" in text or "wpa_pass" in text:
            text = self._replaced(text, secret_spans(text))
        if ("(" in text or "[p" in text) and _STATEMENT.search(text):
            text = self._replaced(text, named.in_statements(text, self.kind_of))
        if self._emails:
            text = self._replaced(text, looks.emails(text))
        return text

    def _without_keys(self, text: str, words: list[str], *, encoded: bool) -> str:
        if "eyJ" in text:
            text = self._replaced(text, looks.web_tokens(text))
        heads = heads_of_keys(" ".join(words))
        if heads:
            text = self._replaced(text, service_keys(text, heads))
        longest = max(map(len, words))
        if longest >= _SHORTEST_ENCODED and not encoded:
            text = _ENCODED.sub(self._decoded, text)
        return self._replaced(text, late_service_keys(text, longest)) if longest >= SHORTEST_LATE_KEY else text

    def _decoded(self, match: re.Match[str]) -> str:
        """Return what stands for a word that is base64 of a text with a secret; else the word."""
        word = match[0]
        if word.islower() or word.isupper():
            return word
        try:
            head = base64.b64decode(word[:16])
            if not head.isascii() or not head.decode().replace("\n", "").isprintable():
                return word
            text = base64.b64decode(word[: len(word) // 4 * 4]).decode()
        except ValueError:
            return word
        hidden = self.redact_text(text, encoded=True) != text
        return self.mark("base64", word) if hidden else word

    def _replaced(self, text: str, spans: Iterable[Span]) -> str:
        """Return the text with spans replaced; one that overlaps with an earlier one is left out."""
        parts: list[str] = []
        at = 0
        for start, end, kind in sorted(spans):
            if start >= at and end > start:
                parts += [text[at:start], self.hide(kind, text[start:end])]
                at = end
        return "".join([*parts, text[at:]]) if parts else text


def _alike(first: str, second: str) -> int:
    """Return how many characters two texts begin with alike."""
    pairs = enumerate(zip(first, second, strict=False))
    return next((at for at, pair in pairs if len({*pair}) > 1), min(len(first), len(second)))


class PrintedLines:
    """Redacts lines as they come, one by one: a private key may be printed over many of them.

    Args:
        redactor: Hides what a line shows by itself.
    """

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._left = 0
        self._before = ""
        self._table: forms.Table | None = None
        #: What only lines before it have told to be a secret, and what stands for it: it may be printed again alone.
        self._again: dict[str, str] = {}

    def redact(self, line: str) -> str:
        """Return a line with the secrets in it hidden; it belongs to a key when one has begun before."""
        line, before = self._table_line(self._key_line(line)), self._before
        for secret, mark in self._again.items():
            line = line.replace(secret, mark)
        self._before = line[:_LONGEST_BEFORE]
        if before and (kind := forms.begins_pair(before, self._redactor.kind_of)):
            line = self._hidden(line, forms.value_of_pair(line, kind))
        # The line before may end with the name; what pydantic says of a field comes after its name as well.
        if "input_value=" in line or before.rstrip()[-1:] in _OPEN_ENDS:
            shown, line_break, last = self._redactor.redact_text(f"{before}\n{line}").rpartition("\n")
            if line_break and shown.count("\n") == before.count("\n"):
                start = _alike(line, last)
                end = _alike(line[start:][::-1], last[start:][::-1])
                self._remember(line[start : len(line) - end], last[start : len(last) - end])
                return last
        return self._redactor.redact_text(line)

    @property
    def inside_key(self) -> bool:
        """A private key has begun and not ended."""
        return self._left > 0

    def peek(self, line: str) -> str:
        """Return what ``redact`` would of a line that has not ended yet."""
        left, before, table, again = self._left, self._before, self._table, self._again.copy()
        try:
            return self.redact(line)
        finally:
            self._left, self._before, self._table, self._again = left, before, table, again

    def pass_over(self, data: bytes) -> None:
        """Take lines that nobody sees: a private key may begin or end in them."""
        if b"---" in data or b"PuTTY" in data or b"Private-MAC" in data:
            for line in data.split(b"\n"):
                if b"---" in line or b"PuTTY" in line or b"Private-MAC" in line:
                    self._key_line(line[:_LONGEST_LINE].decode("utf-8", "replace"))

    def key_lines(self, lines: Iterable[str]) -> Iterable[str]:
        """Yield lines with only private keys hidden, each where it was."""
        return map(self._key_line, lines)

    def _table_line(self, line: str) -> str:
        taken = self._table.spans(line) if self._table is not None else None
        suspicious = may_name_a_secret(line[:_LONGEST_LINE].lower())
        header = forms.table_of(line, self._redactor.kind_of) if suspicious else None
        self._table = header if taken is None or self._table is None else self._table.followed_by(header)
        return self._hidden(line, taken[0]) if taken is not None else line

    def _hidden(self, line: str, spans: Iterable[Span]) -> str:
        """Return a line with what the lines before it tell to be secrets hidden; it is remembered."""
        spans = list(spans)
        for start, end, kind in spans:
            self._remember(line[start:end], self._redactor.hide(kind, line[start:end]))
        return self._redactor._replaced(line, spans)  # noqa: SLF001 - the two are one

    def _remember(self, secret: str, mark: str) -> None:
        secret = secret.strip("'\" ")
        if len(secret) >= _SHORTEST_AGAIN:
            self._again[secret] = mark
            if len(self._again) > _MOST_AGAIN:
                del self._again[next(iter(self._again))]

    def _key_line(self, line: str) -> str:
        if self._left:
            end = looks.BLOCK_END.search(line)
            if end is not None:
                self._left = 0
                return self._redactor.mark("private_key", line[: end.end()]) + line[end.end() :]
            self._left -= 1
            words = line.strip(" \t\r\n\"',\\")
            if looks.KEY_LINE.fullmatch(words.removesuffix("\\n")):
                return line.replace(words, self._redactor.mark("private_key", words))
            return looks.LONG_KEY_WORD.sub(lambda word: self._redactor.mark("private_key", word[0]), line)
        begin = looks.BLOCK_BEGIN.search(line) if "---" in line or "PuTTY" in line else None
        if begin is None:
            return line
        end = looks.BLOCK_END.search(line, begin.end())
        if end is not None:
            return self._redactor._replaced(line, looks.private_keys(line))  # noqa: SLF001 - the two are one
        self._left = _KEY_LINES
        return line[: begin.start()] + self._redactor.mark("private_key", line[begin.start() :])
