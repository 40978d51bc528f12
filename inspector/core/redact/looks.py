"""Secrets in running text that are told by their look: keys, tokens, credentials, numbers of cards and accounts.

Every function yields spans of a text. Each pattern begins at a place that cannot overlap with the one before, and has
bounded repetition after it: a naive pattern took 20 ms on a crafted text of 4 KB.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from .named import Span

# --- private keys -----------------------------------------------------------------------------------

_BLOCK: Final = r"[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?[- ]{0,2}"
BLOCK_BEGIN: Final = re.compile(rf"-----?[ ]?BEGIN {_BLOCK}----?|PuTTY-User-Key-File-[0-9]")
BLOCK_END: Final = re.compile(rf"-----?[ ]?END {_BLOCK}----?|Private-MAC: ?[0-9a-f]*")
#: What a line of such a key consists of.
KEY_LINE: Final = re.compile(r"[A-Za-z0-9+/=_-]+")
_KEY_CHARACTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=\\\n\r"
LONG_KEY_WORD: Final = re.compile(r"[A-Za-z0-9+/=]{30,}")


def private_keys(text: str) -> Iterator[Span]:
    """Yield private keys, of which only the beginning or only the end may be there."""
    at = 0
    begin = BLOCK_BEGIN.search(text)
    while True:
        end = BLOCK_END.search(text, at)
        if begin is None and end is None:
            return
        if end is not None and (begin is None or end.start() < begin.start()):  # what came before was cut off
            start = at + len(text[at : end.start()].rstrip(_KEY_CHARACTERS))
            at = end.end()
            yield start, at, "private_key"
        elif begin is not None:
            end = BLOCK_END.search(text, begin.end())
            at = end.end() if end else len(text)
            yield begin.start(), at, "private_key"
        if begin is not None and begin.start() < at:
            begin = BLOCK_BEGIN.search(text, at)


# --- tokens and credentials -------------------------------------------------------------------------

_JWT: Final = re.compile(r"eyJ[A-Za-z0-9_-]{5,}\.(?:[A-Za-z0-9_-]{4,}|(?=\.))(?:\.[A-Za-z0-9_-]*){1,3}")
_BEARER: Final = re.compile(r"(?i)(?<![\w-])(bearer|basic)(?:[ \t]{1,4}|%20)([A-Za-z0-9._~+/\-]{8,}={0,2})")


def web_tokens(text: str) -> Iterator[Span]:
    """Yield JSON web tokens: parts with dots between them, the first beginning ``eyJ`` (``{"`` in base64)."""
    at = text.find("eyJ")
    while at >= 0:
        match = _JWT.match(text, at)
        if match is not None and match.end() - at >= 16:
            end = match.end() - (match[0].endswith("."))
            yield at, end, "jwt"
            at = text.find("eyJ", end)
        else:
            run = KEY_LINE.match(text, at)  # a long run without a dot is passed over at once
            at = text.find("eyJ", run.end() if run else at + 3)


def credentials(text: str) -> Iterator[Span]:
    """Yield what follows ``Bearer`` and ``Basic``."""
    for match in _BEARER.finditer(text):
        word = match[2]
        if not (word.isalpha() and (word.islower() or word.istitle()) and len(word) < 16):  # "basic training"
            yield (*match.span(2), "bearer" if match[1].lower() == "bearer" else "authorization")


# --- addresses --------------------------------------------------------------------------------------

_USERINFO: Final = re.compile(r"(?<=[A-Za-z0-9+]{2}:/)/?[^\s/@:\"'<>]{0,128}:([^\s\"'<>]{1,1024})@")
_PORT: Final = re.compile(r"[0-9]{1,5}(?:[/?#,]|$)")
_LONE_USER: Final = re.compile(r"(?<=[A-Za-z0-9+]{2}:/)/?([A-Za-z0-9_\-]{20,256})(?=@)")
_SIGNATURE: Final = re.compile(
    r"(?i)[?&;](?:sig|signature|x-amz-signature|x-goog-signature|x-oss-signature)=([^&\s\"'<>]{8,})"
)


def in_addresses(text: str) -> Iterator[Span]:
    """Yield passwords of URLs, and what signs them."""
    if "@" in text:
        for match in _USERINFO.finditer(text):
            if not _PORT.match(match[1]):
                yield (*match.span(1), "url")
        for match in _LONE_USER.finditer(text):
            if any(char.isdigit() for char in match[1]):
                yield (*match.span(1), "url")
    if "ig" in text:
        for match in _SIGNATURE.finditer(text):
            yield (*match.span(1), "signature")


# --- numbers of cards and accounts --------------------------------------------------------------------

CARD: Final = re.compile(r"[2-6][0-9]{3}(?:[ -]?[0-9]){8,15}")
#: Beginnings and lengths of the numbers that the card networks give out (ISO/IEC 7812, the networks' own pages).
_ISSUED: Final = re.compile(
    r"4(?:[0-9]{12}|[0-9]{15}|[0-9]{18})|5[1-5][0-9]{14}|2(?:22[1-9]|2[3-9][0-9]|[3-6][0-9]{2}|7[01][0-9]|720)[0-9]{12}|"
    r"3[47][0-9]{13}|3(?:0[0-59]|[689][0-9])[0-9]{11}|6(?:011|5[0-9]{2}|4[4-9][0-9])[0-9]{12,15}|"
    r"35(?:2[89]|[3-8][0-9])[0-9]{12}|62[0-9]{14,17}|220[0-4][0-9]{12}|"
    r"(?:5018|5020|5038|5893|6304|6759|676[1-3])[0-9]{8,15}"
)
_GROUPED: Final = re.compile(r"(?:[0-9]{4}([ -]))(?:[0-9]{4}\1){2,3}[0-9]{1,4}|[0-9]{4}([ -])[0-9]{6}\2[0-9]{4,5}")
#: "order 4539…": it is that number by which somebody knows something, not a card.
_ORDINAL: Final = re.compile(
    r"(?i)(?:orders?|invoice|ticket|tracking|parcel|shipment|reference|ref|booking|batch|sku|serial|imei|isbn|ean|"
    r"barcode|timestamp|transaction|receipt|delivery|quote|case|contract|id)"
    r"[ _-]?(?:no|nr|num|number|id|code)?\.?[ #:='\"]{0,4}$"
)
#: Letters, checks and lengths of international account numbers (ISO 13616, the registry of SWIFT).
_IBAN_LENGTHS: Final = {
    **dict.fromkeys(("NO",), 15),
    **dict.fromkeys(("BE",), 16),
    **dict.fromkeys(("FO", "FI", "GL", "DK", "NL", "SD", "FK"), 18),
    **dict.fromkeys(("MK", "SI"), 19),
    **dict.fromkeys(("AT", "BA", "EE", "KZ", "XK", "LT", "LU", "MN"), 20),
    **dict.fromkeys(("CR", "HR", "LV", "LI", "CH"), 21),
    **dict.fromkeys(("BH", "BG", "GE", "DE", "IE", "ME", "RS", "GB", "VA"), 22),
    **dict.fromkeys(("GI", "IL", "IQ", "TL", "AE", "OM", "SO"), 23),
    **dict.fromkeys(("AD", "CZ", "MD", "PK", "RO", "SA", "SK", "ES", "SE", "TN", "VG"), 24),
    **dict.fromkeys(("PT", "ST", "LY"), 25),
    **dict.fromkeys(("IS", "TR"), 26),
    **dict.fromkeys(("FR", "GR", "IT", "MR", "MC", "SM", "BI", "DJ"), 27),
    **dict.fromkeys(("AL", "AZ", "CY", "DO", "GT", "HU", "LB", "NI", "PL", "SV", "BY"), 28),
    **dict.fromkeys(("BR", "EG", "PS", "QA", "UA"), 29),
    **dict.fromkeys(("JO", "KW", "MU", "YE"), 30),
    **dict.fromkeys(("MT", "SC"), 31),
    "LC": 32,
    "RU": 33,
}
IBAN: Final = re.compile(r"[A-Z]{2}[0-9]{2}[ -]?[A-Z0-9]{4}")


def cards(text: str) -> Iterator[Span]:
    """Yield numbers of cards: with an issuer's beginning, its length, and the right last digit."""
    for match in CARD.finditer(text):
        start, end = match.span()
        number = match[0]
        if _joins(text, start - 1) or _goes_on(text, end):
            continue
        digits = number.replace(" ", "").replace("-", "")
        if not _ISSUED.fullmatch(digits) or not _luhn(digits):
            continue
        if digits != number:
            if _GROUPED.fullmatch(number):
                yield start, end, "card"
        elif not _ORDINAL.search(text, max(0, start - 40), start):
            yield start, end, "card"


def _joins(text: str, place: int) -> bool:
    """Return whether what stands at a place is part of the same word or number."""
    return (
        place >= 0
        and (text[place].isalnum() or text[place] in "_.-")
        and not (text[place] in "nrt" and place > 0 and text[place - 1] == "\\")
    )


def _goes_on(text: str, place: int) -> bool:
    rest = text[place : place + 2]
    return rest[:1].isalnum() or rest[:1] in ("_", "-") or (rest[:1] == "." and rest[1:].isdigit())


def _luhn(number: str) -> bool:
    digits = [int(char) for char in reversed(number)]
    doubled = (digit * 2 - 9 if digit > 4 else digit * 2 for digit in digits[1::2])
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


def accounts(text: str) -> Iterator[Span]:
    """Yield international account numbers: with a country, its length, and the right check digits."""
    for match in IBAN.finditer(text):
        start = match.start()
        length = _IBAN_LENGTHS.get(match[0][:2])
        if length is None or (start and text[start - 1].isalnum() and not _escaped(text, start)):
            continue
        end, number = start, ""
        while end < len(text) and len(number) < length:
            char = text[end]
            if char.isascii() and char.isalnum():
                number += char
            elif char not in " -" or text[end - 1] in " -":
                break
            end += 1
        if len(number) == length and not text[end : end + 1].isalnum() and _mod97(number):
            yield start, end, "iban"


def _escaped(text: str, place: int) -> bool:
    return place > 1 and text[place - 2] == "\\" and text[place - 1] in "nrt"


def _mod97(number: str) -> bool:
    return int("".join(str(int(char, 36)) for char in number[4:] + number[:4])) % 97 == 1


# --- people -------------------------------------------------------------------------------------------

_EMAIL: Final = re.compile(
    r"(?<![A-Za-z0-9._%+\-])[A-Za-z0-9._%+\-]{1,64}@[A-Za-z0-9\-]{1,63}(?:\.[A-Za-z0-9\-]{1,63}){1,8}"
)


def emails(text: str) -> Iterator[Span]:
    """Yield e-mail addresses."""
    for match in _EMAIL.finditer(text) if "@" in text else ():
        yield (*match.span(), "email")
