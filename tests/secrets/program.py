"""A program that has every secret of the table in all that a program can show, and what was planted in it."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import NamedTuple

from tests.core.secret_table import named_secrets, secret_texts

SOURCE = Path(__file__).with_name("shop.txt")
#: Variable of the environment with which window, files and terminal are searched for all of the table.
EVERY_PART = "INSPECTOR_TEST_EVERY_SECRET"
#: Files of the program itself.
GIVEN = ("shop.py", "texts.json", "named.json")
#: Secrets that stand in the source.
PLANTED = ("canary-of-a-default-9", "canary-of-the-source-9", "canary-of-a-uuid")


class Planted(NamedTuple):
    """A secret, and where in the table it stands."""

    secret: str
    about: str


def write_program(folder: Path, parts: int = 1, part: int = 0) -> list[Planted]:
    """Write the program, and return what is planted in it.

    Args:
        folder: Where it is written.
        parts: In how many parts the table is divided.
        part: Which of them is planted, 0 and up.
    """
    texts, named = secret_texts()[part::parts], named_secrets()[part::parts]
    (folder / "shop.py").write_text(SOURCE.read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "texts.json").write_text(json.dumps([text for text, _ in texts]), encoding="utf-8")
    (folder / "named.json").write_text(json.dumps(named), encoding="utf-8")
    planted = [Planted(secret, text) for text, secret in texts] + [Planted(value, name) for name, value in named]
    return planted + [Planted(text, "in the source") for text in PLANTED]


def leaks(planted: list[Planted], content: str) -> list[str]:
    """Return of which secrets of the table a text shows something."""
    return [about for secret, about in planted if any(form in content for form in _forms(secret))]


def _forms(secret: str) -> set[str]:
    """Return a secret as it may be written: as it is, in JSON, and in base64 wherever in a text it stands."""
    raw = secret.encode()
    encoded = {base64.b64encode(b"x" * shift + raw)[4 if shift else 0 : -4].decode() for shift in range(3)}
    return {secret, json.dumps(secret)[1:-1], *(text for text in encoded if len(text) >= 8)}
