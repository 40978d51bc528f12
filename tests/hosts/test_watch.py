"""Files that are saved are noticed, whichever way an editor saves, and the program is loaded again."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from inspector.core.records.host import ProgramReloaded
from inspector.core.records.records import PUBLISHED
from inspector.core.request import FireRequest
from inspector.hosts.watch import FileWatch
from tests.hosts.children import ZOO, project, running
from tests.patience import PATIENCE


def watch_of(*files: Path) -> FileWatch:
    return FileWatch(lambda: [str(file) for file in files], lambda changed: None)


def test_a_change_is_told_when_it_is_over(tmp_path: Path) -> None:
    first, second = tmp_path / "a.py", tmp_path / "b.py"
    first.write_text("1")
    watch = watch_of(first, second)
    assert watch.look() == ()
    assert watch.look() == ()
    first.write_text("1 + 1")
    assert watch.look() == ()
    second.write_text("appeared")
    assert watch.look() == ()  # it goes on
    assert watch.look() == (str(first), str(second))
    assert watch.look() == ()


def test_every_way_of_saving_is_a_change(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text("1")
    watch = watch_of(file)
    watch.look()
    os.utime(file, ns=(1, 1))  # written in place, of the same size
    assert (watch.look(), watch.look()) == ((), (str(file),))
    other = tmp_path / "new"
    other.write_text("1")
    os.utime(other, ns=(1, 1))
    other.replace(file)  # another file in its place, of the same size and time
    assert (watch.look(), watch.look()) == ((), (str(file),))
    file.unlink()
    assert (watch.look(), watch.look()) == ((), (str(file),))


async def test_a_saved_project_is_loaded_again_and_runs_what_was_saved(tmp_path: Path) -> None:
    source = tmp_path / "wiring.py"
    text = f"import sys\nsys.path.append({str(ZOO)!r})\nfrom homemade import make_bus\nbus = make_bus()\n"
    source.write_text(text)
    loop = asyncio.get_running_loop()
    saved: asyncio.Future[tuple[str, ...]] = loop.create_future()

    def tell(files: tuple[str, ...]) -> None:  # twice if it is seen half written
        if not saved.done():
            saved.set_result(files)

    async with running(project("wiring:bus", cwd=tmp_path)) as (host, rows):
        watch = FileWatch(host.watched, lambda files: loop.call_soon_threadsafe(tell, files), interval=0.01)
        watch.start()
        try:
            source.write_text(text + "class Saved:\n    pass\nbus.subscribe(Saved, lambda event: None)\n")
            assert await asyncio.wait_for(saved, PATIENCE) == (str(source),)
        finally:
            watch.stop()
        await host.restart()
        catalog = (await rows.wait_for(ProgramReloaded)).catalog
        assert catalog is not None
        assert "Saved" in {event.name for event in catalog.events}
        await rows.settled(host.fire(FireRequest("Saved", [{}], session=False)))
        assert [row[3] for row in rows.of(PUBLISHED)] == ["Saved"]
