"""Secrets that are told by the form of a line: of a file of passwords, a table, a protocol, an address, a message.

Every function yields spans of a text, or of a line. As in ``named``, the patterns have bounds, and the work is linear.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from .commands import PROSE
from .named import is_by_chance, is_nothing, is_statement, looks_random
from .names import word_set

if TYPE_CHECKING:
    from .named import KindOf, Span

#: Where a line begins, in a text within a text too, and where it ends.
_BEGIN: Final = r"(?:^|(?<=[\s\"'`])|(?<=\\n))"
_END: Final = r"(?=\s*$|[\s\"'`\\])"
#: A line break, as it is or as a text within a text has it.
_BREAK: Final = r"(?:\r?\n|(?:\\{1,31}r)?\\{1,31}n)"

# --- files of passwords -----------------------------------------------------------------------------

#: PostgreSQL's ``.pgpass``: ``host:port:database:user:password``.
_PGPASS: Final = re.compile(
    rf"(?m){_BEGIN}(\*|[\w.-]{{1,253}}|/[\w./-]{{1,100}}):(?:\*|[0-9]{{3,5}}):(?:\*|[A-Za-z_][\w.$-]{{0,62}}):"
    rf"(?:\*|[A-Za-z_][\w.@$-]{{0,62}}):((?:[^\s:\\\"'`]|\\[:\\]){{1,200}}){_END}"
)
_SOURCE_FILE: Final = re.compile(
    r"\.(?:py|pyi|js|jsx|ts|tsx|c|h|cc|cpp|go|rs|java|kt|rb|php|md|txt|log|toml|ya?ml|json)$"
)
#: ``.netrc``, on one line or several.
_NETRC: Final = re.compile(
    rf"(?<!\w)(?:machine(?:\s|{_BREAK}){{1,8}}\S{{1,253}}|default)(?:(?:\s|{_BREAK}){{1,8}}(?:login|user|account)"
    rf"(?:\s|{_BREAK}){{1,8}}[^\s\\]{{1,100}}){{0,2}}(?:\s|{_BREAK}){{1,8}}password(?:\s|{_BREAK}){{1,8}}([^\s\"'`\\]{{1,200}})"
)
#: ``WIFI:S:net;T:WPA;P:password;;``, as it stands in a QR code.
_WIFI: Final = re.compile(r"(?<!\w)WIFI:(?:[STHIE]:[^;\s]{0,100};){0,4}P:((?:[^;\s\\]|\\.){1,100})")
#: ``requirepass …`` in the settings of Redis.
_REDIS_SETTING: Final = re.compile(
    r"(?<![\w-])(?:requirepass|masterauth|auth-pass[ \t]{1,4}[\w.-]{1,60})[\"']?[ \t]{1,4}[\"']?([^\s\"'\\,]{4,200})"
)
_REDIS_USER: Final = re.compile(r"\b(?:SETUSER|setuser)[\"']?\s[^\r\n]{0,200}?[\s\"']>([^\s\"'\\]{3,200})")


def in_files_of_passwords(text: str) -> Iterator[Span]:
    """Yield what lines of ``.pgpass``, ``.netrc`` and settings of Redis hold."""
    if text.count(":") >= 4:
        for match in _PGPASS.finditer(text):
            if not _SOURCE_FILE.search(match[1]) and not is_nothing(match[2]):
                yield (*match.span(2), "password")
    for match in _NETRC.finditer(text) if "password" in text and ("machine" in text or "default" in text) else ():
        if not is_nothing(match[1]):
            yield (*match.span(1), "password")
    for match in _WIFI.finditer(text) if "WIFI:" in text else ():
        yield (*match.span(1), "password")
    if "requirepass" in text or "masterauth" in text or "auth-pass" in text:
        for match in _REDIS_SETTING.finditer(text):
            if match[1].lower().rstrip(".") not in PROSE and not is_nothing(match[1]):
                yield (*match.span(1), "password")
    for match in _REDIS_USER.finditer(text) if "SETUSER" in text or "setuser" in text else ():
        yield (*match.span(1), "password")


# --- a name, and its value on the next line -----------------------------------------------------------

_LINE_NAME: Final = (
    r"(?<![\w-])[\"']?(?:name|Name|NAME|key|Key|KEY|header|Header|field|variable|env|setting)\\{0,31}[\"']?"
    r"[ \t]{0,4}[:=][ \t]{0,4}\\{0,31}[\"']?(?P<name>[^\W\d][\w.-]{0,99})\\{0,31}[\"']?[ \t]{0,4},?[ \t]{0,8}"
)
_LINE_VALUE: Final = (
    r"[ \t-]{0,60}\\{0,31}[\"']?(?:value|Value|VALUE|val|default)\\{0,31}[\"']?[ \t]{0,4}[:=][ \t]{0,4}"
    r"(?:(?P<slashes>\\{0,31})(?P<quote>[\"'])(?P<quoted>(?:(?!(?P=slashes)(?P=quote))[^\r\n]){1,4000})|"
    r"(?P<bare>[^\s\"'\\{\[|>&*][^\r\n\"'\\]{0,4000}))"
)
_NAME_THEN_VALUE: Final = re.compile(rf"{_LINE_NAME}{_BREAK}{_LINE_VALUE}")
_ONLY_NAME: Final = re.compile(rf"{_LINE_NAME}$")
_ONLY_VALUE: Final = re.compile(_LINE_VALUE)


def begins_pair(line: str, kind_of: KindOf) -> str:
    """Return the kind of secret that the ``value:`` on the next line is, where a line is ``name: DB_PASSWORD``."""
    match = _ONLY_NAME.search(line[-400:].rstrip())
    return kind_of(match["name"]) if match is not None else ""


def value_of_pair(line: str, kind: str) -> Iterator[Span]:
    """Yield the value in a line that belongs to the name in the line before."""
    match = _ONLY_VALUE.match(line)
    if match is not None:
        yield from _value_in(match, kind)


def names_and_values(text: str, kind_of: KindOf) -> Iterator[Span]:
    """Yield the values of ``name: DB_PASSWORD``, with the value on the next line."""
    for match in _NAME_THEN_VALUE.finditer(text) if "al" in text or "AL" in text or "default" in text else ():
        kind = kind_of(match["name"])
        if kind:
            yield from _value_in(match, kind)


def _value_in(match: re.Match[str], kind: str) -> Iterator[Span]:
    group = "quoted" if match["quote"] else "bare"
    value = match[group].rstrip(" \t,")
    if value and not is_nothing(value):
        start = match.start(group)
        yield start, start + len(value), kind


# --- tables -------------------------------------------------------------------------------------------

_SPLIT: Final = re.compile(_BREAK)
#: Between columns; a tab may be written as one in a text within a text.
_SEPARATORS: Final = ("\t", "\\\\t", "\\t", "|", ";", ",")
_WIDE: Final = re.compile(r"[ ]{2,}")
_HEADER_CELL: Final = re.compile(r"\\{0,31}[\"']?([^\W\d][\w.-]{0,63}(?:[ ][\w-]{1,30}){0,2})\\{0,31}[\"']?")
#: Before the first name of a header stands what the text begins with.
_FIRST_CELL: Final = re.compile(r"(?:.*[\s\"'`:({\[])?([^\W\d][\w.-]{0,63})\\{0,31}[\"']?")
_RULE: Final = re.compile(r"[-+=|:\s]+")
#: A cell: in quotes, which may be those of a text within a text, or up to the next separator.
_CELLS: Final = {
    separator: re.compile(
        rf"[ ]{{0,60}}(?P<slashes>\\{{0,31}})\"[^\r\n]{{0,4000}}?(?P=slashes)\"[ ]{{0,60}}(?={re.escape(separator)}|$)|"
        rf"(?:(?!{re.escape(separator)}).)*"
    )
    for separator in _SEPARATORS
}
#: What stands before a value in its cell, and what ends a text within a text.
_OPENING: Final = re.compile(r"[ \t\\\"'`]*")
_QUOTE: Final = re.compile(r"\\{0,31}[\"'`]")
_LONGEST_LINE: Final = 20_000
_MOST_COLUMNS: Final = 200


class Table(NamedTuple):
    """A table under way: what separates its columns, how many there are, and which hold secrets.

    Attributes:
        separator: One character; two spaces where it is all the space between them.
        columns: How many there are.
        kinds: Kind of secret by column.
    """

    separator: str
    columns: int
    kinds: dict[int, str]

    def followed_by(self, header: Table | None) -> Table:
        """Return the table that goes on behind a row which may be the header of another one: both are believed."""
        if header is None:
            return self
        alike = (header.separator, header.columns) == (self.separator, self.columns)
        return header._replace(kinds={**self.kinds, **header.kinds}) if alike else header

    def spans(self, line: str) -> tuple[list[Span], int] | None:
        """Return the secrets in a row of it, and where in the line the row ends; None when the line is none."""
        if _RULE.fullmatch(line):
            return [], len(line)
        cells = _cells(line, self.separator)
        if len(cells) < self.columns:
            return None
        start, end = cells[self.columns - 1]
        quote = _QUOTE.search(line, start + len(_OPENING.match(line, start, end)[0]), end)  # type: ignore[index]
        # A row that was printed as a text within a text ends with that.
        if len(cells) > self.columns and quote is None:
            return None
        spans = []
        for column, kind in self.kinds.items():
            start, end = cells[column]
            before = start + len(_OPENING.match(line, start, end)[0])  # type: ignore[index]
            stop = _QUOTE.search(line, before, end) if before == start or line[before - 1] not in "\"'`" else None
            value = line[before : stop.start() if stop is not None else end].rstrip(" \t\\\"'`}])")
            if value and not is_nothing(value) and not is_statement(value):
                spans.append((before, before + len(value), kind))
        return spans, cells[-1][1] if quote is None else quote.start()


def table_of(line: str, kind_of: KindOf) -> Table | None:
    """Return the table that a header begins; None when a line is none, or none of its columns holds secrets."""
    if len(line) > _LONGEST_LINE:
        return None
    for separator in (*_SEPARATORS, "  "):
        if separator not in line:
            continue
        cells = _cells(line, separator)
        if not 2 <= len(cells) <= _MOST_COLUMNS:
            continue
        names = _header([line[start:end].strip() for start, end in cells], separator)
        cells = cells[len(cells) - len(names) :]
        # In a sentence a space stands behind each comma.
        if len(names) < 2 or (separator in ",;" and all(line[start : start + 1] == " " for start, _ in cells[1:])):
            continue
        kinds = {place: kind for place, name in enumerate(names) if (kind := kind_of(name.replace(" ", "_")))}
        return Table(separator, len(cells), kinds) if kinds else None
    return None


def _header(cells: list[str], separator: str) -> list[str]:
    """Return the names of columns with which a line ends; before the first may stand what the text begins with."""
    names: list[str] = []
    if separator == "|" and len(cells) > 1 and not cells[-1]:  # | a | b |: before the first sign stands no name
        cells = ["", *cells[1:]]
    for cell in reversed(cells):
        name = _HEADER_CELL.fullmatch(cell)
        if name is None and (cell or separator != "|"):
            first = _FIRST_CELL.fullmatch(cell)
            names += [first[1]] if first is not None else []
            break
        names.append(name[1] if name is not None else "")
    if any(is_by_chance(name) for name in names) or (
        separator == "  " and not all(name.split()[-1].isupper() for name in names)
    ):
        return []
    return names[::-1]


def in_tables(text: str, kind_of: KindOf) -> Iterator[Span]:
    """Yield what stands in the columns of a table whose header has a secret name."""
    table: Table | None = None
    at = 0
    for line_break in (*_SPLIT.finditer(text), None):
        end = line_break.start() if line_break is not None else len(text)
        line = text[at:end]
        taken = table.spans(line) if table is not None else None
        if line_break is not None:
            # Of a row that ended before its line the rest may be a header, else all of it.
            rest = line[taken[1] :] if taken is not None and taken[1] < len(line) else line
            header = table_of(rest, kind_of)
            table = header if taken is None or table is None else table.followed_by(header)
        for start, stop, kind in taken[0] if taken is not None else ():
            yield at + start, at + stop, kind
        at = line_break.end() if line_break is not None else end


def _cells(line: str, separator: str) -> list[tuple[int, int]]:
    """Return where the cells of a line begin and end; a separator in quotes separates nothing."""
    if separator == "  ":
        offset = len(line) - len(line.lstrip())
        gaps = [match.span() for match in _WIDE.finditer(line.strip())]
        starts = [offset, *(offset + end for _, end in gaps)]
        return list(zip(starts, [*(offset + start for start, _ in gaps), len(line)], strict=True))
    cells: list[tuple[int, int]] = []
    at = 0
    while len(cells) <= _MOST_COLUMNS and (cell := _CELLS[separator].match(line, at)) is not None:
        cells.append(cell.span())
        if cell.end() >= len(line):
            break
        at = cell.end() + len(separator)
    return cells


# --- protocols ----------------------------------------------------------------------------------------

_WORD: Final = r"[^\s\"'\\,]{1,200}"
_VERB: Final = r"(?:(?<![\w.-])|(?<=\\n))AUTH"
#: ``AUTH password``, ``AUTH user password``; quoted as in a list or in what Redis' MONITOR shows; as it is sent.
_AUTH: Final = re.compile(
    rf"(?P<sure>HELLO [23] )?{_VERB}[ \t]{{1,3}}(?P<one>{_WORD})(?:[ \t]{{1,3}}(?P<two>{_WORD}))?(?P<more>[ \t]+[\w(])?"
)
_AUTH_QUOTED: Final = re.compile(
    rf"(?P<sure>\\{{0,31}}[\"'])(?:AUTH|auth)(?P=sure),?[ \t]{{1,3}}(?P=sure)(?P<one>{_WORD})(?P=sure)"
    rf"(?:,?[ \t]{{1,3}}(?P=sure)(?P<two>{_WORD})(?P=sure))?(?P<more>\Z.)?"
)
_SIZE: Final = rf"{_BREAK}\$[0-9]{{1,4}}{_BREAK}"
_AUTH_SENT: Final = re.compile(rf"(?P<sure>{_VERB}){_SIZE}(?P<one>{_WORD})(?:{_SIZE}(?P<two>{_WORD}))?(?P<more>\Z.)?")
_MECHANISMS: Final = word_set(
    "plain login cram-md5 digest-md5 xoauth2 oauthbearer ntlm gssapi anonymous external scram-sha-1 scram-sha-256 tls "
    "ssl"
)
_PASS: Final = re.compile(
    r"(?m)(?:^|(?<=[\"'>:])|(?<=> ))PASS (?P<word>[^\s\"'\\/]{3,200})(?P<more>[ \t]+\w)?(?=\\|\s|$|[\"'\w])"
)
_LOGIN: Final = re.compile(
    r"(?m)(?:^|(?<=[\"'> ]))[A-Za-z]{0,8}[0-9]{1,8} LOGIN (?:\\{0,31}\"[^\"\n]{1,100}\"|[^\s\"]{1,100}) "
    r"\\{0,31}\"?(?P<word>[^\s\"\\]{3,200})\\{0,31}\"?"
    r"(?P<more>[ \t]+\w)?(?=\\|\s|$|[\"'\w])"
)


def in_protocols(text: str) -> Iterator[Span]:
    """Yield passwords in commands of Redis (``AUTH``), mail and FTP (``AUTH PLAIN``, ``PASS``, ``LOGIN``)."""
    if "AUTH" in text or "auth" in text:
        for pattern in (_AUTH, _AUTH_QUOTED, _AUTH_SENT):
            for match in pattern.finditer(text):
                yield from _authenticated(match)
    for pattern, mark in ((_PASS, "PASS "), (_LOGIN, " LOGIN ")):
        for match in pattern.finditer(text) if mark in text else ():
            word = match["word"]
            if (
                not is_nothing(word)
                and "::" not in word
                and "test" not in word.lower()
                and not _SOURCE_FILE.search(word)
            ):
                yield (*match.span("word"), "password")


#: Verbs of Redis that are followed by a password.
COMMANDS: Final = frozenset({"AUTH", "auth", "HELLO", "ACL", "CONFIG", "SETUSER"})


def in_command(words: Sequence[Any]) -> Iterator[tuple[int, int]]:
    """Yield which words of a command of Redis are passwords, and where in the word each begins."""
    verbs = [word.upper() if type(word) is str else "" for word in words]
    for place, word in enumerate(words):
        if type(word) is not str:
            continue
        if word.startswith(">") and "SETUSER" in verbs[:place]:
            yield place, 1
        elif (place and verbs[place - 1] in ("REQUIREPASS", "MASTERAUTH")) or (
            "AUTH" in verbs[:place] and place == min(verbs.index("AUTH") + 2, len(words) - 1)
        ):
            yield place, 0


def _authenticated(match: re.Match[str]) -> Iterator[Span]:
    """Yield the password of an ``AUTH``; a word in a sentence is none."""
    if match["one"].lower() in _MECHANISMS and not match["two"]:
        return
    group = "two" if match["two"] else "one"
    if not match["sure"] and group == "two" and looks_random(match["one"]) and not looks_random(match["two"]):
        group = "one"
    word = match[group].rstrip(".!?")
    if not match["sure"]:
        said = any(is_statement(match[name] or "") or (match[name] or "") in PROSE for name in ("one", "two"))
        long = len(word) >= 12 or word.endswith("=")
        if not (looks_random(word) or word.endswith("=")) or ((said or match["more"]) and not long):
            return
    if word and not is_nothing(word):
        yield match.start(group), match.start(group) + len(word), "password"


# --- addresses of a login -----------------------------------------------------------------------------

_CODE_OR_STATE: Final = re.compile(r"(?<![\w-])(?:code|state)=")
_AROUND: Final = re.compile(r"[\s\"'<>`]")
#: Most characters of an address before what is looked for, and after it.
_BEFORE: Final = 300
_AFTER: Final = 4_000
_PARAMETER: Final = re.compile(
    r"(?i)(?<![\w-])(code|state|nonce|session_state|samlresponse|samlart|oauth_verifier|oauth_token|ticket|code_verifier|"
    r"device_code|user_code|id_token_hint|logout_token|assertion)(?:=|%3d)([^&\s\"'<>`\\#;]{6,4000})"
)
_LOGIN_PLACE: Final = re.compile(
    r"(?i)oauth|oidc|openid|callback|/auth|signin|sign-in|/login|/sso|saml|authoriz|redirect_uri|grant_type|session_state=|"
    r"[?&]iss=|[?&]scope="
)
_ALONE: Final = re.compile(
    r"(?i)(?<![\w-])(samlresponse|samlart|oauth_verifier|code_verifier|device_code|id_token_hint|logout_token)"
    r"(?:=|%3d)([^&\s\"'<>`\\#;]{8,4000})|[?&]ticket=(?P<ticket>ST-[\w.-]{8,256})"
)


def in_logins(text: str) -> Iterator[Span]:
    """Yield what the address has to which a login leads back: ``?code=…&state=…``."""
    for match in _ALONE.finditer(text):
        group = match.lastindex or 2
        if not is_nothing(match[group]):
            yield (*match.span(group), "token" if match["ticket"] else "otp")
    if "code=" not in text and "state=" not in text:
        return
    end = 0
    for name in _CODE_OR_STATE.finditer(text):
        if name.start() < end:
            continue
        start = max(end, name.start() - _BEFORE)
        start = name.start() - len(_AROUND.split(text[start : name.start()])[-1])
        limit = min(len(text), name.end() + _AFTER)
        stop = _AROUND.search(text, name.end(), limit)
        end = stop.start() if stop is not None else limit
        whole = text[start:end]
        if not _LOGIN_PLACE.search(whole) and not ("code=" in whole and "state=" in whole):
            continue
        for match in _PARAMETER.finditer(text, start, end):
            if _is_by_machine(match[2]):
                yield (*match.span(2), "otp" if match[1].lower() == "code" else "token")


def _is_by_machine(word: str) -> bool:
    """Return whether a parameter was made by a machine: long, with digits among letters or letters of both sizes."""
    return len(word) >= 8 and looks_random(word) and not (word.isalnum() and word.isupper() and len(word) < 16)


# --- codes that are sent ------------------------------------------------------------------------------

_DIGITS: Final = r"(?:[A-Z]-)?[0-9]{3,4}[ -]?[0-9]{2,4}|[0-9]{4,8}"
_CODE: Final = (
    rf"(?P<code>{_DIGITS}|(?=[A-Z0-9]*[0-9])(?=[0-9]*[A-Z])[A-Z0-9]{{5,10}}(?:-[A-Z0-9]{{4,6}})?)(?![\w.:%-]*\w)"
)
_PURPOSE: Final = (
    r"(?:verification|security|log[- ]?in|sign[- ]?in|access|authentication|authenticator|one[- ]?time|2fa|mfa|"
    r"two[- ]factor|otp|totp|sms|activation|recovery|backup|password reset|reset|unlock|passwordless|confirmation)"
)
_CODE_AFTER: Final = re.compile(
    rf"(?<![\w-])(?:(?i:{_PURPOSE}[ _-](?:pass)?(?:code|pin|password|token)s?)|OTP|TOTP|2FA|MFA|TAN|mTAN)"
    r"(?:[ ]?[\"'`])?"
    r"(?i:[ ]{1,2}(?:is|was|are|for [\w@.' +-]{1,60}? (?:is|was)|(?:has been |was )?sent))?"
    rf"[:=#]?[\s\"'`*>-]{{1,6}}{_CODE}"
)
_CODE_BEFORE: Final = re.compile(
    rf"(?<![\w.:/-])(?P<code>{_DIGITS})\b[ ]{{1,2}}(?:is|=)[ ]{{1,2}}your[ ]{{1,2}}"
    r"(?:[\w.'-]{1,30}[ ]{1,2}){0,4}?"
    r"(?:(?:pass)?code|otp|pin|one-time password|password)\b",
    re.IGNORECASE,
)
_CODE_USED: Final = re.compile(
    rf"(?<![\w-])(?:use|enter|type|code)[ ]{{1,2}}(?:the |code |pin |this code:? ){{0,2}}(?P<code>{_DIGITS})\b"
    r"[ ]{1,2}(?:as|to|for|when)\b[^.\n]{0,60}?"
    r"\b(?:code|log[- ]?in|sign[- ]?in|verify|confirm|password|verification|account)\b",
    re.IGNORECASE,
)
_NO_LOGIN: Final = re.compile(
    r"(?i)\b(?:status|error|exit|country|zip|postal|promo|discount|voucher|gift|product|coupon|area)\b"
)


def codes_sent(text: str) -> Iterator[Span]:
    """Yield one-time codes in the sentences with which they are sent."""
    for pattern in (_CODE_AFTER, _CODE_BEFORE, _CODE_USED):
        for match in pattern.finditer(text):
            if not _NO_LOGIN.search(match[0]) and not is_nothing(match["code"]):
                yield (*match.span("code"), "otp")
