"""Texts with secrets and ordinary texts, from the tables in ``data``; no real key stands anywhere in the project.

In a text ``«…»`` is the secret, and ``{a36}`` stands for 36 letters and digits, ``h`` for hexadecimal digits, ``u`` for
large letters and digits, ``d`` for digits; ``\\n`` is a line break, ``\\x1b`` begins a colour.
"""

from __future__ import annotations

import random
import re
import string
from pathlib import Path
from typing import NamedTuple

DATA = Path(__file__).parent / "data"
_ALPHABETS = {
    "a": string.ascii_letters + string.digits,
    "h": "0123456789abcdef",
    "u": string.ascii_uppercase + "234567",
    "d": string.digits,
}


class SecretText(NamedTuple):
    text: str
    secret: str


def secret_texts(seed: int = 7) -> list[SecretText]:
    """Return every text of the table, with random letters in the places for them."""
    rng = random.Random(seed)

    def fill(place: re.Match[str]) -> str:
        alphabet = _ALPHABETS[place[1]]
        # A digit and letters of both kinds, as in any key of that length.
        return "".join(rng.choice(alphabet) for _ in range(int(place[2]) - 2)) + alphabet[0] + alphabet[-1]

    made = []
    for line in (DATA / "secret_texts.txt").read_text(encoding="utf-8").splitlines():
        text = re.sub(r"\{([ahud])([0-9]+)\}", fill, re.sub(r"(?<!\\)\\n", "\n", line).replace("\\\\n", "\\n")).replace(
            "\\x1b", "\x1b"
        )
        before, rest = text.split("«")
        secret, after = rest.split("»")
        made.append(SecretText(before + secret + after, secret))
    return made


def named_secrets(seed: int = 7) -> list[tuple[str, str]]:
    """Return secret names, each with a value."""
    rng = random.Random(seed)
    alphabet = _ALPHABETS["a"]
    names = (DATA / "secret_names.txt").read_text(encoding="utf-8").split()
    return [(name, "".join(rng.choices(alphabet, k=14)) + "9z") for name in names]


def ordinary_names() -> list[str]:
    return (DATA / "ordinary_names.txt").read_text(encoding="utf-8").split()


def ordinary_texts() -> list[str]:
    lines = (DATA / "ordinary_texts.txt").read_text(encoding="utf-8").splitlines()
    return [re.sub(r"(?<!\\)\\n", "\n", line) for line in lines]
