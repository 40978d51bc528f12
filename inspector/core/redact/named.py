"""Secrets in running text that are told by a name before them: ``password=…``, ``'token': '…'``, ``<pin>…</pin>``.

Every function yields spans of a text, so that none of them has to know what is put in the place of a secret.
Each pattern has bounds, and what was found is passed over, so that the work is linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from .commands import PROSE
from .names import ESCAPED, word_set

#: Start and end of a secret, and its kind.
Span = tuple[int, int, str]
KindOf = Callable[[str], str]

_LONGEST_VALUE: Final = 8_000
#: Before a quote of a text within a text: one, three, seven … as deep as it lies.
_SLASHES: Final = r"\\{0,31}"
_NAME: Final = r"[^\W\d][\w-]{0,63}"
#: ``password=``, ``"token": ``, ``PIN => ``, ``password%3D``, ``Key (token)=``.
_NAMED: Final = re.compile(
    rf"(?<!\w)({_NAME}){_SLASHES}[\"']?[\])]?[ \t]{{0,3}}(=>|==|:=|!=|=|:|%3[AaDd])(?!//)[ \t]{{0,3}}"
)
#: In source, with what may stand between a name and its value: ``password: str = "…"``, and a new line.
_NAMED_SOURCE: Final = re.compile(
    rf"(?<!\w)({_NAME})[\"']?\]?(?:[ \t]{{0,3}}:[ \t]{{0,3}}[A-Za-z_][\w.\[\], |]{{0,60}})?"
    r"[ \t]{0,3}(==|:=|!=|=|:| in )[ \t]{0,3}(?:[(\\]\s{0,80})?"
)
_QUOTE: Final = re.compile(rf"[bBrRfFuUeEnN]{{0,2}}({_SLASHES})(\"\"\"|'''|\"|')")
#: Not quoted: to a space or a quote, and to a separator that something else follows.
_BARE: Final = re.compile(r"(?:[^\s\"',;&}\])>]|[,;&](?![\s,;&\"']|$|[\w.-]{1,40}=)|[>)\]}](?=[\w!@#$%^*]))+")
_WORD_REST: Final = re.compile(r"[^\s\"']+")
_BRACKET: Final = re.compile(r"[()\[\]{}]")
_OPENING: Final = re.compile(r"[\w.]{0,60}[(\[{]")
_HEADER: Final = re.compile(r"[^\n\r\"']*")
_HEADER_END: Final = re.compile(r"\\+[nr\"']|$")
_DIGITS: Final = re.compile(r"[0-9][0-9_]{3,}")
_NEXT_LITERAL: Final = re.compile(r"\s{0,80}\+?\s{0,80}(?=[bBrRfFuU]{0,2}[\"'])")
_LITERAL: Final = re.compile(r"\"((?:[^\"\\\n]|\\.)*)\"|'((?:[^'\\\n]|\\.)*)'")

#: In a text within a text.
_ESCAPED_LITERAL: Final = re.compile(
    r"(?P<slashes>\\{1,31})(?P<quote>[\"'])(?P<value>(?:(?!(?P=slashes)(?P=quote))[^\n]){1,4000})(?P=slashes)(?P=quote)"
)

#: Nothing to hide, whatever the name says.
_NOTHING: Final = word_set("none null nil undefined true false empty nan n/a na unset")
#: Said about a secret.
_STATES: Final = word_set(
    "required optional missing invalid expired incorrect wrong hidden redacted filtered masked ok yes no on off "
    "enabled disabled changed reset accepted rejected denied granted str bytes string int bool any object uuid "
    "text secretstr optional[str] must is was are has cannot not should too and or the a an this that field "
    "unknown revoked verified valid sent received found created updated deleted rotated mismatch error failed "
    "refused unauthorized forbidden authenticated anonymous none, never always"
)
#: The same after ``=``, where a program gives a value and a sentence is rare.
_GIVEN: Final = word_set(
    "required optional missing invalid expired hidden redacted filtered masked str bytes string int bool any object"
)
_SCHEMES: Final = word_set(
    "bearer basic digest token negotiate ntlm ssws apikey api-key key hawk oauth bot hmac sso-key splunk aws4-hmac- "
    "sha256 signature"
)
#: Stands for a value that comes from elsewhere.
_PLACEHOLDER: Final = re.compile(
    r"\$[A-Z_]{1,64}|\$[0-9]{1,4}|\$?\{{1,2}[ ]?[\w.!:>\[\]]{0,64}[ ]?\}{1,2}|%\([\w.]{1,64}\)s|%[srd]|"
    r":[a-z_]{1,40}[0-9]{0,3}|\?[0-9]{0,3}|<[A-Za-z][\w -]{0,40}>|"
    r"<redacted:[\w ]{1,64}(?:#[0-9a-f]{4})?>?|\[[A-Za-z]{4,12}\]|[|>+-]{0,3}(?:\\{1,31}[nrt])+"
)
#: What may follow a placeholder that is all of a value.
_AFTER: Final = " \t\r\n,;&\"')]}"
_MASK: Final = "*•●xX.…-_ |>"
_PLAIN: Final = re.compile(r"[a-z][a-z_-]{0,40}")
_FIELD_WORDS: Final = word_set("user username login email name id uuid value key type account phone address")


def is_nothing(text: str) -> bool:
    """Return whether a value under a secret name hides nothing: empty, ``none``, a mask, a placeholder."""
    return len(text) < 80 and (
        text.lower() in _NOTHING or not text.strip(_MASK) or _PLACEHOLDER.fullmatch(text) is not None
    )


def is_statement(text: str) -> bool:
    """Return whether a word beside a secret name says something about the secret: ``expired``, ``required``."""
    return text.lower().rstrip(".,!?:") in _STATES


def is_another_name(text: str, kind_of: KindOf) -> bool:
    """Return whether a text beside a secret name is another name or an option: ``("password", "email")``."""
    return text.startswith("-") or text.lower() in _FIELD_WORDS or bool(_PLAIN.fullmatch(text) and kind_of(text))


def named(text: str, kind_of: KindOf) -> Iterator[Span]:
    """Yield what follows secret names in a text that people or programs wrote."""
    at, brackets = 0, _Brackets(text)
    for match in _NAMED.finditer(text):
        if match.start() < at:
            continue
        kind = kind_of(match[1])
        if not kind:
            continue
        span = _value(text, match, kind, brackets)
        if span is not None:
            start, at = span
            if at - start >= _LONGEST_VALUE and (rest := _WORD_REST.match(text, at)):
                at = rest.end()
            yield start, at, kind


def _value(text: str, match: re.Match[str], kind: str, brackets: _Brackets) -> tuple[int, int] | None:
    """Return start and end of the secret after a name, None where none is."""
    start = match.end()
    quoted = _quoted(text, start)
    if quoted is not None:
        value = text[slice(*quoted)]
        return None if is_nothing(value) or value.lower() in ("str", "string", match[1].lower()) else quoted
    if text[start : start + 1] in ("{", "[", "("):
        end = brackets.close(start)
        return (start, end) if end > start + 2 and not is_nothing(text[start:end]) else None
    if kind in ("authorization", "cookie") and match[2] == ":":
        return _header(text, start, kind)
    bare = _BARE.match(text, start, start + _LONGEST_VALUE)
    placeholder = _PLACEHOLDER.match(text, start)
    if bare is None or (placeholder is not None and not text[placeholder.end() : placeholder.end() + 1].strip(_AFTER)):
        return None
    end = bare.end()
    call = bare[0].find("(")
    if call > 0:
        end = max(end, brackets.close(start + call))
    return (start, end) if _is_secret(text, match, kind, bare[0], end) else None


def _is_secret(text: str, match: re.Match[str], kind: str, bare: str, end: int) -> bool:
    name, sign = match[1].lower(), match[2]
    if text.startswith("--- ", match.start() - 4) and name == "pass":
        return False  # what Go's tests print
    small = bare.lower().rstrip(".!?")
    if is_nothing(bare) or small in _NOTHING or small.rpartition(".")[2] == name:
        return False
    if sign != ":":
        return small not in _GIVEN and small not in _SCHEMES
    if small in _STATES or small in _SCHEMES:
        return False
    if looks_random(bare):
        return True
    sentence = bare.islower() and bare.isalpha() and text[end : end + 2].strip()[:1].isalpha()
    # "invalid token: expired" is prose; "token: 8f14e45f" is not.
    return not sentence and (kind == "password" or len(bare) >= 20 or "_" in name or "-" in name)


def looks_random(text: str) -> bool:
    """Return whether a word has what no word of a sentence has: digits, or large letters inside."""
    if len(text) < 6:
        return False
    return any(char.isdigit() for char in text) or (text[1:] != text[1:].lower() and not text.isupper())


def _header(text: str, start: int, kind: str) -> tuple[int, int] | None:
    """Return the value of an ``Authorization`` or ``Cookie`` header: the rest of its line, or of its quotes."""
    limit = min(len(text), start + _LONGEST_VALUE)
    line = _HEADER.match(text, start, limit)
    end = line.end() if line else start
    if text[end : end + 1] in ('"', "'") and "=" in text[start:end]:  # Digest username="…", response="…"
        after = text.find("\n", end, limit)
        end = limit if after < 0 else after
    value = text[start:end]
    if "\\" in value:  # a text within a text: \r\n and \" end it too
        inner = _HEADER_END.search(value)
        end = start + (inner.start() if inner else 0)
        value = text[start:end]
    first, _, rest = value.strip().partition(" ")
    small = first.lower()
    if small in _SCHEMES and rest:
        begin = start + value.index(first) + len(first) + 1
        return (begin, begin + len(text[begin:end].rstrip())) if not is_nothing(rest.strip()) else None
    if not first or is_nothing(first) or small.rstrip(".,") in _STATES:
        return None
    if kind == "cookie" and "=" in value:
        return start, start + len(value.rstrip())
    return (start, start + len(first)) if looks_random(first) or not rest else None


def _quoted(text: str, start: int) -> tuple[int, int] | None:
    """Return start and end of what the quotes at a place hold; where they do not end, to the end of the line."""
    quote = _QUOTE.match(text, start)
    if quote is None:
        return None
    begin, slashes = quote.end(), len(quote[1])
    limit = min(len(text), begin + _LONGEST_VALUE)
    at = begin
    while True:
        end = text.find(quote[2], at, limit)
        if end < 0:
            line = text.find("\n", begin)  # beyond the limit too: no rest of a long secret stays
            return begin, len(text) if line < 0 else line
        before = end
        while before > begin and text[before - 1] == "\\":
            before -= 1
        more = end - before - slashes
        if more < 0 or more % (2 * (slashes + 1)) == 0:  # else the quote is escaped once more, and part of the value
            end -= min(end - before, slashes)
            break
        at = end + 1
    return (begin, end) if end > begin else None


class _Brackets:
    """Where the brackets of a text are closed, found out in one pass when it is first asked."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._ends: dict[int, int] | None = None

    def end(self, start: int) -> int:
        """Return the same as ``close``, but a place not too far away: where what was looked at is looked at again."""
        return min(self.close(start), start + _LONGEST_VALUE)

    def close(self, start: int) -> int:
        """Return the place behind the bracket that closes the one at a place; the end of the text when none does."""
        if self._ends is None:
            self._ends = {}
            left: list[int] = []
            for bracket in _BRACKET.finditer(self._text):
                if bracket[0] in "([{":
                    left.append(bracket.start())
                elif left:
                    self._ends[left.pop()] = bracket.end()
        return self._ends.get(start, len(self._text))


# --- source ---------------------------------------------------------------------------------------


def in_source(text: str, kind_of: KindOf) -> Iterator[Span]:
    """Yield the literals that source gives to secret names; names, types and calls stay readable."""
    at, brackets = 0, _Brackets(text)
    for match in _NAMED_SOURCE.finditer(text):
        if match.start() < at:
            continue
        kind = kind_of(match[1])
        if not kind:
            continue
        for start, end in _literals(text, match.end(), brackets):
            value = text[start:end]
            if not is_nothing(value) and value.lower() != match[1].lower():
                yield start, end, kind
                at = end


def _literals(text: str, start: int, brackets: _Brackets) -> Iterator[tuple[int, int]]:
    digits = _DIGITS.match(text, start)
    if digits is not None:
        yield digits.span()
        return
    opening = _OPENING.match(text, start)
    if opening is not None:
        end = brackets.end(opening.end() - 1)
        for literal in _LITERAL.finditer(text, opening.end(), end):
            group = literal.lastindex or 1
            if " " not in literal[group] and literal[group]:
                yield literal.span(group)
        return
    while (span := _quoted(text, start)) is not None:
        yield span
        quote = _QUOTE.match(text, start)
        following = _NEXT_LITERAL.match(text, span[1] + len(quote[0].lstrip("bBrRfFuU")) if quote else span[1])
        if following is None:
            return
        start = following.end()


# --- other forms ------------------------------------------------------------------------------------

#: Where a text in quotes begins.
_STRING: Final = rf"(?=b?{_SLASHES}[\"'])"
#: ``("x-api-key", "…")``, ``(b'authorization', b'…')``, ``getenv("TOKEN", "…")``.
_PAIR: Final = re.compile(rf"[(\[][ \t]{{0,3}}b?{_SLASHES}[\"']({_NAME}){_SLASHES}[\"'],[ \t]{{0,3}}{_STRING}")
#: ``<password>…</password>``.
_ELEMENT: Final = re.compile(rf"<(?:\w{{1,30}}:)?({_NAME})(?:\s[^<>]{{0,200}})?>(?:<!\[CDATA\[)?([^<\]]+)")
#: ``{"name": "DB_PASSWORD", "value": "…"}``, ``<add key="DbPassword" value="…"/>``.
_NAME_VALUE: Final = re.compile(
    rf"(?:name|key|Name|Key|header){_SLASHES}[\"']?[ ]{{0,2}}[=:][ ]{{0,2}}{_SLASHES}[\"']({_NAME}){_SLASHES}"
    rf"[\"'],?\s{{0,20}}{_SLASHES}[\"']?[Vv]alue{_SLASHES}[\"']?[ ]{{0,2}}[=:][ ]{{0,2}}{_STRING}"
)
#: ``--password …``.
_OPTION: Final = re.compile(
    rf"(?<![\w-])--?({_NAME})(?:\\{{0,2}}[\"'],)?[ \t]{{1,3}}"
    rf"(?:\\{{0,2}}[\"'])?([^\s\"'-][^\s\"']*)"
)
#: ``password is …``, ``with token …``.
_SAID: Final = re.compile(
    r"(?i)(?<![\w-])(password|passphrase|passwd|passcode|token|secret|api[ _-]?key|access[ _-]key|pin)[ \t]{1,3}"
    r"(?:is|was|of|for \w{1,30} is|for \w{1,30})?:?[ \t]{0,3}[\"'`]?([^\s\"'`,;<>(){}\[\]]{4,})"
)
_ESCAPED_NAME: Final = re.compile(
    rf"(?i:{ESCAPED})[\w\\-]{{0,40}}?{_SLASHES}[\"']?"
    rf"(?:(?:,\s{{0,20}}{_SLASHES}[\"']?[Vv]alue{_SLASHES}[\"']?)?[ \t]{{0,3}}[:=][ \t]{{0,3}}\[?|,[ ]?)"
)
#: ``password`` on a line, and what pydantic says of it on the next.
_INPUT: Final = re.compile(
    r"(?m)(?:^|(?<=\\n)|(?<=[\"']))([\w.\-\[\]]{1,100})(?:\r?\n|\\{1,31}n)[ \t]{1,8}[^\n]{0,600}?input_value="
)
_CLASS_NAME: Final = re.compile(r"(?:[A-Z][a-z]{2,20}){2,6}(?:V?[0-9]{1,4})?")
_INPUT_END: Final = re.compile(r", input_type=|\]?$", re.MULTILINE)


def other_forms(text: str, kind_of: KindOf) -> Iterator[Span]:
    """Yield secrets that are told by a name in other forms: pairs, elements, names and values."""
    yield from (
        (*span, kind)
        for span, kind in _quoted_values(_PAIR.finditer(text) if "," in text else (), text, kind_of)
        if not is_another_name(text[slice(*span)], kind_of)
    )
    for match in _ELEMENT.finditer(text) if "</" in text or ("<" in text and ">" in text) else ():
        kind = kind_of(match[1])
        if kind and not is_nothing(match[2].strip()):
            yield (*match.span(2), kind)
    for span, kind in _quoted_values(_NAME_VALUE.finditer(text) if "alue" in text else (), text, kind_of):
        yield (*span, kind)


def escaped_names(text: str, kind_of: KindOf) -> Iterator[Span]:
    """Yield what stands behind secret names in other scripts, as JSON writes them."""
    at = 0
    for match in _ESCAPED_NAME.finditer(text):
        if match.start() < at:
            continue
        span = _quoted(text, match.end())
        if span is None and match[0][-1] != "," and (bare := _WORD_REST.match(text, match.end())):
            span = bare.span()
        if span is not None and not is_nothing(value := text[slice(*span)]) and not is_another_name(value, kind_of):
            at = span[1]
            yield (*span, "password")


def _quoted_values(
    matches: Iterable[re.Match[str]], text: str, kind_of: KindOf
) -> Iterator[tuple[tuple[int, int], str]]:
    """Yield where the quoted values behind secret names stand, and their kinds."""
    at = 0
    for match in matches:
        kind = kind_of(match[1]) if match.start() >= at else ""
        span = _quoted(text, match.end()) if kind else None
        if span is not None and not is_nothing(text[slice(*span)]):
            at = span[1]
            yield span, kind


def options_and_sentences(text: str, kind_of: KindOf) -> Iterator[Span]:
    """Yield secrets after an option, after words such as "the password is", and in what pydantic says of a field."""
    for match in _OPTION.finditer(text) if " -" in text or text[:1] == "-" or "'-" in text or '"-' in text else ():
        kind = kind_of(match[1])
        small = match[2].lower().rstrip(".,")
        if kind and not is_nothing(match[2]) and small not in _STATES and small not in PROSE:
            yield (*match.span(2), kind)
    for match in _SAID.finditer(text):
        word = match[2].rstrip(".!?")
        digits = any(char.isdigit() for char in word)
        letters = any(char.isalpha() for char in word)
        if (
            digits
            and ((letters and len(word) >= 6) or match[1].lower() == "pin")
            and not is_nothing(word)
            and "=" not in word
            and word[0] != "\\"
            and not _CLASS_NAME.fullmatch(word)
        ):
            yield match.start(2), match.start(2) + len(word), kind_of(match[1].replace(" ", "_")) or "secret"
    for match in _INPUT.finditer(text) if "input_value=" in text else ():
        kind = kind_of(match[1].rpartition(".")[2])
        end = _INPUT_END.search(text, match.end()) if kind else None
        if end is not None and not is_nothing(text[match.end() : end.start()]):
            yield match.end(), end.start(), kind


#: A name and, with nothing but signs, line breaks, colours or a few words between them, a word.
_BESIDE: Final = re.compile(
    rf"(?:(?<![\w-])|(?<=%[0-9A-F][0-9A-F])|(?<=\\n))({_NAME})"
    r"(?:(?:\\{1,31}(?:[nrt]|u2192)|&(?:quot|gt|lt|#[0-9]{1,4});|%[23][0-9A-Fa-f]|->|[\s\"'`|\\,:=\u2192>(\[<{«~-]){1,40}"
    r"(?:(?:value|like|in|is|as|to|for [\w@'.-]{1,40})\b(?:\\{1,31}[nrt]|[\s\"'|\\,:=(\[<-]){1,20})?)"
    r"(?=(?P<word>[A-Za-z0-9+/_=!@#$^*.~-]{10,200}))",
    re.IGNORECASE,
)
_SQL_PASSWORD: Final = re.compile(
    r"(?i)\bidentified\s{1,4}(?:by|via\s{1,4}\w{1,60}\s{1,4}(?:using|as))\s{1,4}(?:password\s{1,4})?(?=\\{0,31}[\"'])"
)
_JWK: Final = re.compile(rf"[\"'](?:d|p|q|dp|dq|qi|k){_SLASHES}[\"']\s{{0,4}}:\s{{0,4}}(?={_SLASHES}[\"'])")


def beside_names(text: str, kind_of: KindOf) -> Iterator[Span]:
    """Yield words that can be nothing but made by chance and stand beside a secret name: in a table, on the next line.

    Also the passwords of SQL's ``IDENTIFIED BY``, and the private parts of JSON web keys.
    """
    for match in _BESIDE.finditer(text):
        word = match["word"].rstrip(".")
        kind = kind_of(match[1]) if is_by_chance(word) else ""
        if kind:
            rest = _WORD_REST.match(text, match.end("word"))
            end = rest.end() if rest and len(word) == 200 else match.start("word") + len(word)
            yield match.start("word"), end, kind
    for pattern in (_SQL_PASSWORD, *([_JWK] if "kty" in text else ())):
        for match in pattern.finditer(text):
            span = _quoted(text, match.end())
            if span is not None and not is_nothing(text[slice(*span)]):
                yield (*span, "password" if pattern is _SQL_PASSWORD else "private_key")


def is_by_chance(word: str) -> bool:
    """Return whether a word has large and small letters and digits, mixed as in no name."""
    digits = sum(char.isdigit() for char in word)
    return (
        digits >= 2
        and word != word.lower()
        and word != word.upper()
        and "/" not in word[:1]
        and re.search(r"[0-9][A-Za-z]+[0-9]|[a-z][0-9]+[A-Za-z]", word) is not None
    )


# --- SQL ----------------------------------------------------------------------------------------------

#: Where SQLAlchemy shows what a statement was given, in an error and in its log; where PostgreSQL shows a row.
_PARAMETERS: Final = re.compile(
    r"\[parameters: |\[(?:raw sql|generated in [0-9.]{1,20}s|cached since [0-9.]{1,20}s ago|no key [0-9.]{1,20}s|"
    r"caching disabled[^\]]{0,40})\] (?=[({\[])"
)
_ROW: Final = re.compile(r"Failing row contains \(")
_ANONYMOUS: Final = re.compile(
    r"\\{0,3}[\"'](?:param|p|arg|_|value|val)?_?[0-9]{1,3}\\{0,3}[\"']: b?"
    r"\\{0,3}[\"']((?:[^\"'\\\n]|\\[^\"'\n]){1,4000})\\{0,3}[\"']"
)
_INSERT: Final = re.compile(r"\(([^()]{1,1000})\)\s{0,20}VALUES\s{0,20}(?=\()", re.IGNORECASE)
_SQL_VALUE: Final = re.compile(
    r"\s{0,20}(?:[bBeEnN]?\\{0,31}'((?:[^'\\]|''|\\(?!\\{0,31}'))*)(?:\\{0,31}'|$)|([^,()']{0,200}))\s{0,20}(,|\)|$)"
)


def in_statements(text: str, kind_of: KindOf) -> Iterator[Span]:
    """Yield texts that a statement was given without a name, and values of columns with a secret name."""
    at, brackets = 0, _Brackets(text)
    for match in _PARAMETERS.finditer(text):
        if match.start() < at:
            continue
        at = end = (
            brackets.close(match.end()) if text[match.end() : match.end() + 1] in ("(", "[", "{") else match.end()
        )
        named_ones = text[match.end() : match.end() + 1] == "{" or text.startswith("[{", match.end())
        escaped = text.find("\\'", match.end(), end) >= 0
        literals = _ANONYMOUS if named_ones else _ESCAPED_LITERAL if escaped else _LITERAL
        for literal in literals.finditer(text, match.end(), end):
            group = literal.lastindex or 1
            if literal[group] and not is_nothing(literal[group]):
                yield (*literal.span(group), "parameter")
    for match in _ROW.finditer(text):
        if match.start() >= at:
            at = brackets.close(match.end() - 1)
            yield match.end(), max(match.end(), at - 1), "row"
    for match in _INSERT.finditer(text):
        kinds = [kind_of(column.strip(" \t\n\"'`[]")) for column in match[1].split(",")]
        if not any(kinds):
            continue
        at = match.end()
        for _ in range(100):  # rows of one statement
            if text[at : at + 1] != "(":
                break
            at += 1
            for kind in kinds:
                value = _SQL_VALUE.match(text, at)
                if value is None:
                    return
                if kind and value[1] and not is_nothing(value[1]):
                    yield (*value.span(1), kind)
                at = value.end()
                if value[3] != ",":
                    break
            while text[at : at + 1] in (",", " ", "\n") and at < len(text):
                at += 1
