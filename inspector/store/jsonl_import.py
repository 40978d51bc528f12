"""A file of JSON lines as a stream, for files that others may have touched."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import stat
from array import array
from collections.abc import AsyncIterator, Generator, Iterator
from dataclasses import MISSING, dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, Final

from inspector.core.errors import UsageError
from inspector.core.records.bounds import row_problem
from inspector.core.records.host import RecordsLost
from inspector.core.records.records import (
    AT,
    FLAG,
    INT,
    KIND,
    MAYBE_INT,
    ROW_FIELDS,
    SESSION_STARTED,
    Batch,
    Row,
    RowField,
    SessionStarted,
    position,
    to_row,
)
from inspector.store.growing import Order, put_in_order
from inspector.store.jsonl import FORMAT, JSON_FORMS, MAX_DEPTH, RECORD_NAMES, VERSION, depth
from inspector.store.trouble import explain_os
from inspector.store.version1 import typed

#: Longest line and largest file that are read (bytes).
MAX_LINE: Final = 16 << 20
MAX_FILE: Final = 4 << 30
#: Bytes of one page.
_PAGE: Final = 32 << 20
#: Lines among which header and first record are looked for.
_LOOKED: Final = 1000
#: A number beyond this is no version of anything.
_ANY_VERSION: Final = 1000
#: Bytes at the end of a file in which a header is looked for that is its last line.
_LONGEST_HEADER: Final = 1 << 16
#: Bad lines that are remembered one by one; further ones are counted.
MAX_PROBLEMS: Final = 1000
_BATCH: Final = 1000
#: Most records that may be missing between two lines without a word: no run log of this size has more.
_LONGEST_GAP: Final = 1 << 26
_LAST_LOST: Final = position(RecordsLost, "last")
_BOM: Final = b"\xef\xbb\xbf"

_KINDS: Final = {name: number for number, name in enumerate(RECORD_NAMES)}
_REQUIRED: Final = tuple(
    frozenset(field.name for field in described if field.default is MISSING) for described in ROW_FIELDS
)
#: Where a line that we wrote says its seq.
_SEQ: Final = re.compile(rb'[\s\xef\xbb\xbf]*\{\s*"seq"\s*:\s*([0-9]{1,12})\s*[,}]')
#: Where a line is the first record, or speaks of one.
_STARTED: Final = re.compile(rb'"record"\s*:\s*"SessionStarted"')
#: Where the name of a member, or what it says, may be written with escapes: ``"\\u0072ecord"``.
_ESCAPED_NAME: Final = re.compile(rb'"[a-zA-Z]{0,8}\\u00[0-9a-fA-F]{2}|"record"\s*:\s*"[a-zA-Z]{0,14}\\u')
_decoder = json.JSONDecoder()


@dataclass(frozen=True)
class LineProblem:
    """A line that was left out: its number, 1-based, and why."""

    line: int
    reason: str


@dataclass(frozen=True)
class _Start:
    """The first record of a run log: its line (0 when there is none), its row, what is wrong with it."""

    line: int
    row: Row
    trouble: str


#: What is taken for a first record that is damaged or missing.
_UNKNOWN: Final = SessionStarted(at=0, wall=0, program="", python="", catalog="")


class JsonlStream:
    """The records of a file. Made by ``read_jsonl``.

    Lines that are no records are left out and told in ``problems``; where they were, the next batch begins with a later
    seq. Lines that stand in another order are read in that of their seqs. Of a first record that is damaged or missing
    the rest is taken as it is: what it would have told is unknown then (a ``wall`` of 0, empty texts), and is told so.

    Args:
        path: The file.
        name: The session's name as the header gives it.
        version: Of the format.
        header: The line of the header, 0 when there is none.
        trouble: What is wrong with the header, empty when nothing is.

    Attributes:
        name: The session's name as the header gives it.
        problems: The bad lines of the last ``read``, up to ``MAX_PROBLEMS``.
        skipped: How many bad lines there were.
    """

    def __init__(self, path: Path, name: str, version: int = VERSION, header: int = 1, trouble: str = "") -> None:
        self.path = path
        self.name = name
        self._version = version
        self._header = header
        self._trouble = trouble
        self._start = _Start(0, to_row(_UNKNOWN), "")
        #: What is added to the seqs of the file: 1 where they begin with 1 behind a first record that is not there.
        self._shift = 0
        self.problems: list[LineProblem] = []
        self.skipped = 0
        self._looked = False
        #: Up to this seq it is told already what is missing.
        self._told = 0
        #: Where lines do not stand in the order of their seqs: in which to read them, and which are left out.
        self._order = Order()

    async def read(self, after: int = 0) -> AsyncIterator[Batch]:
        """Yield the rows after the seq ``after``.

        Raises:
            UsageError: The file holds no records.
            InspectorError: It cannot be read.
        """
        self.problems, self.skipped, self._told = [], 0, 0
        if not self._looked:
            await asyncio.to_thread(self._look)
            self._looked = True
        if self._trouble:
            self.skip(self._header or 1, self._trouble)
        if self._start.trouble:
            self.skip(self._start.line or self._header + 1, self._start.trouble)
        lines = self._in_order()
        last = 1
        done = False
        try:
            while not done:
                first = last == 1
                rows, done = await asyncio.to_thread(self._page, lines, last)
                if first and not rows and self._start.trouble:
                    raise UsageError(
                        f"{self.path} contains no records ({self._start.trouble}).", "Export the run again."
                    )
                last = rows[-1][0] if rows else last
                if first:
                    rows.insert(0, (1, self._start.row))
                for batch in _batches([(seq, row) for seq, row in rows if seq > after]):
                    yield batch
        finally:
            lines.close()

    def _page(self, lines: Iterator[tuple[int, bytes | str]], last: int) -> tuple[list[tuple[int, Row]], bool]:
        """Return the next rows, and whether they were the last."""
        rows: list[tuple[int, Row]] = []
        room = _PAGE
        for number, data in lines:
            reason = data if isinstance(data, str) else self._order.left_out.get(number)
            if reason is not None:
                self.skip(number, reason)
                continue
            assert isinstance(data, bytes)  # noqa: S101 - a sentence has been skipped
            try:
                seq, row = self._record(data)
                if seq <= last:
                    raise ValueError(f"seq {seq} comes after {last}")
                if seq - max(last, self._told) > _LONGEST_GAP:
                    raise ValueError(f"seq {seq} is higher than that of any run log")
            except ValueError as error:
                self.skip(number, str(error))
                continue
            last = seq
            if row[KIND] == RecordsLost.KIND:
                self._told = row[_LAST_LOST]
            rows.append((seq, row))
            room -= len(data)
            if len(rows) == _BATCH or room < 0:
                return rows, False
        return rows, True

    def _record(self, data: bytes) -> tuple[int, Row]:
        """Return the seq and the row of a line behind the first record."""
        seq, row = parse_line(data)
        if row[KIND] == SESSION_STARTED:
            raise ValueError("duplicate SessionStarted")
        return seq + self._shift, typed(row) if self._version == 1 else row

    def _look(self) -> None:
        """Look for the first record, which may be elsewhere or damaged, and for lines that are out of order."""
        seq, first_seq = 0, 0
        for number, data in self._numbered():
            if not isinstance(data, bytes):
                continue
            started = _started(number, data) if _STARTED.search(data) or _ESCAPED_NAME.search(data) else None
            if started is not None:
                self._start, seq = started
                if not self._start.trouble:
                    break
            elif not first_seq:
                with contextlib.suppress(ValueError):
                    first_seq, _ = parse_line(data)
        if not self._start.line:
            self._start = replace(self._start, trouble="SessionStarted is missing: time and program are unknown")
        self._shift = int(first_seq == 1 and seq != 1)
        self._order = self._put_in_order()

    def _put_in_order(self) -> Order:
        """Return how to read the lines so that their seqs grow."""
        last = first = 1 - self._shift
        for _, data in self._numbered():
            match = _SEQ.match(data) if isinstance(data, bytes) else None
            if match is None or int(match[1]) <= last:
                break
            last = int(match[1])
        else:
            return Order()
        numbers, offsets, seqs = array("q"), array("q"), array("q")
        for number, offset, data in self._lines():
            seq = 0
            with contextlib.suppress(ValueError):
                seq = parse_line(data)[0] if isinstance(data, bytes) else 0
            for column, value in ((numbers, number), (offsets, offset), (seqs, seq)):
                column.append(value)
        return put_in_order(numbers, offsets, seqs, first)

    def skip(self, number: int, reason: str) -> None:
        """Count a line that was left out, in whole or in part."""
        self.skipped += 1
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(LineProblem(number, reason))

    def _in_order(self) -> Generator[tuple[int, bytes | str], None, None]:
        """Yield the lines but header and first record with their numbers, in the order in which they are read."""
        if not self._order.lines:
            yield from self._numbered()
            return
        with self._opened() as file:
            for number, offset in zip(self._order.lines, self._order.offsets, strict=True):
                file.seek(offset)
                yield number, _read_line(file)

    def _numbered(self) -> Generator[tuple[int, bytes | str], None, None]:
        """Yield them in the order of the file; for one that is too long, a sentence."""
        for number, _, line in self._lines():
            yield number, line

    def _lines(self) -> Generator[tuple[int, int, bytes | str], None, None]:
        """Yield number, offset and bytes of each line but header and first record."""
        left_out = (self._header, self._start.line)
        with self._opened() as file:
            number = offset = 0
            while line := _read_line(file):
                number += 1
                if (isinstance(line, str) or not line.isspace()) and number not in left_out:
                    yield number, offset, line
                offset = file.tell() if isinstance(line, str) else offset + len(line)

    @contextlib.contextmanager
    def _opened(self) -> Generator[BinaryIO, None, None]:
        try:
            with self.path.open("rb") as file:
                yield file
        except OSError as error:
            raise explain_os(error, f"Cannot read {self.path}") from error


def read_jsonl(path: Path) -> JsonlStream:
    """Open a file of JSON lines as a stream; only its header is read now.

    Raises:
        UsageError: There is no such file, it is too large, not a run log, or of a newer format.
        InspectorError: It cannot be read.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise UsageError(f"{path} is not a regular file.", "Choose a run log.")
        if status.st_size > MAX_FILE:
            raise UsageError(f"{path} is larger than {MAX_FILE >> 30} GiB.", "Export a shorter session.")
        beginning = _find_header(path)
    except FileNotFoundError as error:
        raise UsageError(f"No file {path}.", "Choose a run log.") from error
    except OSError as error:
        raise explain_os(error, f"Cannot read {path}") from error
    if beginning is None:
        raise UsageError(f"{path} is not an inspector run log.", "Export a session as jsonl to get one.")
    line, header = beginning
    version, name = header.get("version"), header.get("name")
    if type(version) is int and VERSION < version <= _ANY_VERSION:
        raise UsageError(
            f"{path} has format version {version}; this inspector reads up to {VERSION}.",
            "Update the inspector.",
        )
    trouble = "" if line else "the header is missing"
    if line and not (type(version) is int and 1 <= version <= VERSION):
        trouble, version = f"invalid format version {version!r:.50}", VERSION
    return JsonlStream(path, name if isinstance(name, str) else "", version or VERSION, line, trouble)


def _find_header(path: Path) -> tuple[int, dict[str, Any]] | None:
    """Return the line of the header and what it holds, line 0 and nothing when only records are there; else None.

    Where records come first, it may be the last line: somebody has turned the file round.
    """
    with path.open("rb") as file:
        for number in range(1, _LOOKED + 1):
            line = _read_line(file)
            if not line:
                return None
            if isinstance(line, str):
                continue
            header = _header_of(line)
            if header is not None:
                return number, header
            with contextlib.suppress(ValueError):
                parse_line(line)
                return _header_at_the_end(file)
    return None


def _header_of(line: bytes) -> dict[str, Any] | None:
    """Return what a line holds that is the header of a run log."""
    try:
        header = json.loads(line.removeprefix(_BOM))
    except (ValueError, RecursionError):
        return None
    return header if isinstance(header, dict) and header.get("format") == FORMAT else None


def _header_at_the_end(file: BinaryIO) -> tuple[int, dict[str, Any]]:
    """Return the header that is the last line, and its number; line 0 and nothing when the last line is another."""
    file.seek(max(0, file.seek(0, os.SEEK_END) - _LONGEST_HEADER))
    header = _header_of(file.read().rstrip().rpartition(b"\n")[2])
    if header is None:
        return 0, {}
    file.seek(0)
    return sum(1 for _ in iter(lambda: _read_line(file), b"")), header


def _started(number: int, data: bytes) -> tuple[_Start, int] | None:
    """Return the first record of a line, with what of it can be read, and its seq; None when it is another record."""
    try:
        seq, row = parse_line(data)
    except ValueError as error:
        trouble = str(error)
    else:
        return (_Start(number, row, ""), seq) if row[KIND] == SESSION_STARTED else None
    text = data.decode("utf-8", "replace").strip(" \t\r\n")
    try:
        members = _members(text)
    except ValueError:
        members = {}
    if members and members.get("record", ("",))[0] != "SessionStarted":
        return None
    row = to_row(_UNKNOWN)
    for place, field in enumerate(ROW_FIELDS[SESSION_STARTED], AT):
        member = members.get(field.name)
        if member is None or field.name == "at" or depth(member[1]) > MAX_DEPTH:
            continue
        with contextlib.suppress(ValueError):
            changed = (*row[:place], _cell(field, member), *row[place + 1 :])
            row = row if row_problem(changed) else changed
    seq = members.get("seq", (0, ""))[0]
    return _Start(number, row, f"{trouble}; the rest of it was used"), seq if type(seq) is int else 0


def _read_line(file: BinaryIO) -> bytes | str:
    """Return the next line, empty at the end; a sentence for one that is too long."""
    line = file.readline(MAX_LINE + 1)
    if len(line) <= MAX_LINE:
        return line
    while line and not line.endswith(b"\n"):
        line = file.readline(MAX_LINE)
    return f"longer than {MAX_LINE >> 20} MiB"


def _batches(rows: list[tuple[int, Row]]) -> list[Batch]:
    """Return numbered rows as batches of consecutive ones."""
    batches: list[Batch] = []
    for seq, row in rows:
        if batches and batches[-1].last + 1 == seq:
            batches[-1].rows.append(row)
        else:
            batches.append(Batch(seq, [row]))
    return batches


def parse_line(data: bytes) -> tuple[int, Row]:
    """Return the seq and the row of a line.

    Raises:
        ValueError: It is no record; the text says why.
    """
    try:
        return _parse(data)
    except ValueError as error:
        if not data.endswith(b"\n"):
            raise ValueError("cut off") from None
        if str(error).startswith("Exceeds the limit"):  # Python's own words, with a hint for programmers
            raise ValueError("a number with too many digits") from None
        raise


def _parse(data: bytes) -> tuple[int, Row]:
    try:
        text = data.decode().strip(" \t\r\n")
    except UnicodeDecodeError:
        raise ValueError("not UTF-8") from None
    if depth(text) > MAX_DEPTH + 1:
        raise ValueError(f"nested deeper than {MAX_DEPTH}")
    members = _members(text)
    name = members.get("record", ("", ""))[0]
    kind = _KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise ValueError("not a record")
    seq = members.get("seq", (None, ""))[0]
    if type(seq) is not int or not 0 < seq < 1 << 36:
        raise ValueError("no seq")
    missing = _REQUIRED[kind] - members.keys()
    if missing:
        raise ValueError(f"{', '.join(sorted(missing))} is missing")
    row = (kind, *[_cell(field, members.get(field.name)) for field in ROW_FIELDS[kind]])
    problem = row_problem(row)
    if problem:
        raise ValueError(problem)
    return seq, row


def _members(text: str) -> dict[str, tuple[Any, str]]:
    """Return the members of a JSON object: each value, and the text that it was written as."""
    members: dict[str, tuple[Any, str]] = {}
    if not text.startswith("{"):
        raise ValueError("not a JSON object")
    at, sign = 0, ","
    try:
        while sign == ",":
            name, at = _decoder.raw_decode(text, _skip_blanks(text, at + 1))
            at = _skip_blanks(text, at)
            if not isinstance(name, str) or text[at] != ":":
                raise ValueError("not JSON")
            start = _skip_blanks(text, at + 1)
            value, at = _decoder.raw_decode(text, start)
            if name in members:
                raise ValueError(f"duplicate {name}")
            members[name] = (value, text[start:at])
            at = _skip_blanks(text, at)
            sign = text[at]
    except (json.JSONDecodeError, IndexError, RecursionError):
        raise ValueError("not JSON") from None
    if sign != "}" or at + 1 != len(text):
        raise ValueError("not JSON")
    return members


def _skip_blanks(text: str, at: int) -> int:
    while text[at] in " \t":
        at += 1
    return at


def _cell(field: RowField, member: tuple[Any, str] | None) -> Any:
    """Return what the row has for a member of the line, or for one that is not there."""
    if member is None:
        return field.default
    value, text = member
    if field.form in (INT, MAYBE_INT):
        if field.form == MAYBE_INT and (value is None or type(value) is int):
            return value
        if type(value) is not int or not -(1 << 62) < value < 1 << 62:
            raise ValueError(f"{field.name} must be a whole number")
        return value
    if field.form == FLAG:
        if type(value) is not bool:
            raise ValueError(f"{field.name} must be true or false")
        return value
    if isinstance(value, str):
        return value
    if field.form not in JSON_FORMS:
        raise ValueError(f"{field.name} must be a string")
    return text
