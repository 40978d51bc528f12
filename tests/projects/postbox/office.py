"""A program that uses the library: inspector catalog --app office:box"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from postbox import Postbox


@dataclass(frozen=True)
class LetterSent:
    to: str
    weight: int = 20


box = Postbox()


def tick(line: str) -> None:
    with Path(os.environ.get("TALLY", os.devnull)).open("a") as out:
        out.write(line + "\n")


def stamp(letter: LetterSent) -> None:
    tick("stamp")


def welcome(letter: LetterSent) -> None:
    tick("welcome")


box.ask_for(LetterSent, welcome, once=True)
box.ask_for(LetterSent, stamp)
