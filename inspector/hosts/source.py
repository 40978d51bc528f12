"""The source of a project, read by its own interpreter."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from inspector.core.errors import InspectorError
from inspector.core.own_code import PACKAGE
from inspector.core.source import SourceScan, Unreadable
from inspector.core.values.build import EventDataError, build

if TYPE_CHECKING:
    from inspector.hosts.project import Project

_BOOTSTRAP: Final = Path(PACKAGE) / "agent" / "process" / "bootstrap.py"
#: Seconds that reading the source may take.
_TIME: Final = 120.0
#: Most characters of what was found: some hundred for each of the files that are read.
_MOST: Final = 256_000_000


def read_source(project: Project, root: Path, exclude: Sequence[str] = ()) -> SourceScan:
    """Read the source below a folder with the project's interpreter; nothing of it is run.

    What cannot be read is told in the result: it may be everything.

    Args:
        project: The project, whose interpreter reads.
        root: The folder.
        exclude: Globs of paths below it that are left out.
    """
    try:
        python = str(project.interpreter().path)
        # Without its site: no file of the environment is run for it.
        done = subprocess.run(  # noqa: S603 - the interpreter that the person has chosen
            [python, "-I", "-S", "-B", str(_BOOTSTRAP), "source"],
            input=json.dumps({"root": str(root), "exclude": list(exclude)}),
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_TIME,
            check=False,
        )
        if done.returncode or len(done.stdout) > _MOST:
            lines = done.stderr.strip().splitlines() or [f"{python} exited with {done.returncode}"]
            return _nothing(root, lines[-1][:300])
        return build(SourceScan, json.loads(done.stdout))  # type: ignore[no-any-return]
    except subprocess.TimeoutExpired:
        return _nothing(root, f"it took longer than {_TIME:.0f} s")
    except InspectorError as error:
        return _nothing(root, error.text)
    except (OSError, ValueError, EventDataError) as error:
        return _nothing(root, f"{type(error).__name__}: {error!s:.300}")


def _nothing(root: Path, reason: str) -> SourceScan:
    return SourceScan(unreadable=(Unreadable(str(root), reason),))
