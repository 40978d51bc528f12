"""Runs commands as the launcher does, the front folder first, and reads what their processes told."""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import inspector
from inspector.core.records.records import HANDLER_ENDED, HANDLER_STARTED, PUBLICATION_ENDED, PUBLISHED
from inspector.hosts.run.ringreader import RingReader

FRONT = Path(inspector.__file__).parent / "agent" / "run" / "front"


@dataclass
class Told:
    """What one process told.

    Attributes:
        hello: What it said of itself.
        words: The words of its ring.
        items: Rows and messages.
    """

    hello: dict[str, Any]
    words: tuple[int, ...]
    items: list[list[Any]]

    def rows(self, kind: int) -> list[list[Any]]:
        return [item for item in self.items if item[0] == kind]

    def messages(self, kind: str) -> list[list[Any]]:
        return [item for item in self.items if item[0] == kind]

    def check(self) -> None:
        """Hold what has to be so in every ring: numbers from 1 on, each end with its start, an anchor first."""
        timed = [item[0] for item in self.items if item[0] not in ("trouble", "ended", "started")]
        assert timed[:1] in ([], ["anchor"])
        for started, ended in ((PUBLISHED, PUBLICATION_ENDED), (HANDLER_STARTED, HANDLER_ENDED)):
            numbers = [row[2] for row in self.rows(started)]
            assert numbers == [*range(1, len(numbers) + 1)]
            assert {row[2] for row in self.rows(ended)} <= set(numbers)
        publications = {row[2] for row in self.rows(PUBLISHED)}
        assert all(row[3] in publications for row in self.rows(HANDLER_STARTED))


@dataclass
class Ran:
    """What came of a command.

    Attributes:
        code: Its exit code.
        output: What it wrote.
        errors: What it wrote to stderr.
        processes: What its processes told, in the order in which they began.
        tally: What the programs say that ran, by the word that they wrote.
    """

    code: int
    output: str
    errors: str
    processes: list[Told] = field(default_factory=list)
    tally: Counter[str] = field(default_factory=Counter)

    @property
    def seen(self) -> tuple[int, str, str]:
        return self.code, self.output, self.errors

    def executions(self) -> Counter[str]:
        """How often each handler ran, by the last part of its key."""
        rows = (row for process in self.processes for row in process.rows(HANDLER_STARTED))
        return Counter(row[4].rpartition(":")[2].rpartition(".")[2] for row in rows)

    def statuses(self) -> Counter[str]:
        return Counter(row[3] for process in self.processes for row in process.rows(HANDLER_ENDED))


def run(
    command: Sequence[str],
    folder: Path,
    spec: Mapping[str, Any] | None,
    environment: Mapping[str, str] | None = None,
) -> Ran:
    """Run a command in a folder; with a spec as the launcher would, without one as it is."""
    tally = folder / "tally.txt"
    tally.write_text("")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("COVERAGE", "COV_"))}
    variables = {**kept, "TALLY": str(tally), **(environment or {})}
    rings = folder / "rings"
    rings.mkdir(mode=0o700, exist_ok=True)
    if spec is not None:
        path = os.pathsep.join(filter(None, (str(FRONT), variables.get("PYTHONPATH"))))
        variables |= {"INSPECTOR_RUN": str(rings), "PYTHONPATH": path}
        (rings / "spec.json").write_text(json.dumps({"budget": "off", **spec}))
    done = subprocess.run(
        command, cwd=folder, env=variables, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    ran = Ran(done.returncode, done.stdout, done.stderr, tally=Counter(tally.read_text().split()))
    for path_ in sorted(rings.glob("*.ring"), key=lambda ring: int(ring.name.split(".")[1])):
        reader = RingReader(str(path_))
        items = []
        while taken := reader.take(gone=True):
            items += taken
            reader.confirm()
        ran.processes.append(Told(reader.hello, reader.look().words, items))
        reader.close()
        path_.unlink()
        ran.processes[-1].check()
    return ran
