"""The child process: loads a project, runs its bus, takes verbs and sends records.

The main thread imports the project and then runs its event loop, as if the project had been started by itself. Two
threads of ours stand beside it: one listens to the parent, one sends what is to be sent.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import threading
from collections.abc import Coroutine, Mapping
from functools import partial
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any, Final

from ...core.errors import InspectorError
from ...core.faults import FaultRule
from ...core.own_code import own_files
from ...core.redact.redactor import Redactor
from ...core.request import FireRequest
from ...core.spec import Reading, SpecTrouble, is_about_settings
from ...core.values.build import to_plain
from ..reading.loaded import Target, make_program
from ..server import Server
from . import posture
from .channel import Channel, SendingRecorder
from .loader import LoadedNames, Loader, NamedValue
from .seal import seal
from .tail import Tail
from .trouble import LoadTrouble, explain
from .whereabouts import whereabouts
from .wire import PROTOCOL

if TYPE_CHECKING:
    from ..reading.loaded import LoadedProgram

_PACKAGE: Final = __name__.rpartition(".agent.")[0]


def run(channel: int, dump: int, tail: int, parent: int) -> int:
    """Be the child; return the exit code.

    Args:
        channel: Descriptor of the socket to the parent.
        dump: Descriptor of the file for stacks.
        tail: Descriptor of the file for rows that are not sent yet.
        parent: Its process id.
    """
    posture.stay_with_parent(parent)
    unsent = Tail(tail)
    os.close(tail)
    link = Channel(socket.socket(fileno=posture.move_up(channel)), posture.leave, posture.give_up, unsent)
    posture.tell_stacks(posture.move_up(dump))
    link.send(["hello", {"protocol": PROTOCOL, "python": sys.version.split()[0], "thread": threading.get_ident()}])
    order = link.receive()
    if order is None or order[0] != "load":
        return 1
    try:
        return Child(link, order[1]).run()
    except posture.ANY_ERROR as error:
        posture.give_up(error)
        raise


class Child:
    """One project, loaded and running.

    Args:
        channel: To the parent.
        order: What to load: ``app``, ``catalog``, ``session``, ``name``, ``options``, ``cwd``, ``seed``, ``memory``.
    """

    def __init__(self, channel: Channel, order: Mapping[str, Any]) -> None:
        self._channel = channel
        self._order = order
        self._redactor = Redactor()
        self._loader = Loader(self._tell_progress, self._redactor.of_failure)
        self._recorder = SendingRecorder(channel, self._redactor, seed=order["seed"])
        self._server = Server(self._recorder)
        self._pid = os.getpid()
        self._thread = threading.get_ident()
        self._serving: Coroutine[Any, Any, None] | None = None
        self._modules = 0

    def run(self) -> int:
        """Load, serve until told to stop, and return the exit code."""
        posture.limit(self._order["memory"])
        os.register_at_fork(after_in_child=self._forked)
        seal(_PACKAGE)
        threading.Thread(target=self._listen, name="inspector-listener", daemon=True).start()
        self._channel.start()
        try:
            posture.set_up_paths(self._order["cwd"], self._order["app"][0], os.environ)
            imported = self._loader.load(self._order["app"], self._order["catalog"], self._order["session"])
            self._leave_fork()
            return self._serve_on_loop(imported)
        except LoadTrouble as trouble:
            self._leave_fork()
            self._fail(trouble)
        except posture.ANY_ERROR as error:
            self._leave_fork()
            self._fail(explain(error, self._order["app"][0], self._redactor.of_failure, calling=True))
        return 1

    # -- loading -------------------------------------------------------------------------------------------------------

    def _serve_on_loop(self, imported: LoadedNames) -> int:
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        try:
            self._serving = self._serve(imported)
            loop.run_until_complete(self._serving)
        except LoadTrouble:
            raise
        except posture.ANY_ERROR as error:
            if not self._server.ready:
                raise
            self._channel.send(["ended", self._redactor.shortened(_last_words(error), 300)])
            self._channel.drain(1.0)
            return error.code if isinstance(error, SystemExit) and type(error.code) is int else 1
        self._leave_fork()
        self._channel.send(["bye"])
        self._channel.drain(1.0)
        _close(loop)
        return 0

    async def _serve(self, imported: LoadedNames) -> None:
        program = self._program = await self._open(imported)
        self._tell_progress("starting", self._order["app"][0])

        def ready() -> None:
            self._leave_fork()
            for problem in imported.problems:
                self._channel.send(["problem", problem.to_message()])
            self._channel.beat = self._beat
            self._channel.send(self._files())
            self._channel.send(["facts", to_plain(self._server.facts)])
            self._channel.send(["ready", {"anchor": perf_counter_ns() - self._recorder.now()}])
            self._channel.attach(self._recorder)

        await self._server.serve(program, ready)

    async def _open(self, imported: LoadedNames) -> LoadedProgram:
        """Call the factories, and make the program of what they give."""
        problems = imported.problems
        targets = [named for target in imported.targets if (named := await self._called(target, problems)) is not None]
        if not targets:
            raise problems[-1]
        catalog = [
            named
            for part in imported.catalog
            if (named := part if isinstance(part.value, type) else await self._called(part, problems)) is not None
        ]
        values = [named.value for named in catalog]
        try:
            return make_program(
                self._order["name"],
                [Target(named.where, named.value) for named in targets],
                values[0] if len(values) == 1 else values or None,
                imported.session.value if imported.session is not None else None,
                options=self._order["options"],
                problems=[problem.to_problem() for problem in problems],
            )
        except Exception as error:
            raise explain(error, self._order["app"][0], self._redactor.of_failure, calling=True) from error

    async def _called(self, named: NamedValue, problems: list[LoadTrouble]) -> NamedValue | None:
        try:
            return await self._loader.call(named)
        except LoadTrouble as trouble:
            problems.append(trouble)
            return None

    def _tell_progress(self, doing: str, what: str) -> None:
        self._channel.send(["loading", doing, what])

    def _fail(self, trouble: LoadTrouble) -> None:
        """Report why, and end at once: threads that the program has started must not keep us."""
        self._channel.send(["failed", trouble.to_message()])
        self._channel.drain(2.0)
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (OSError, ValueError, AttributeError) as error:  # closed or replaced by the program
                self._channel.send(["beat", 0, str(error)[:200]])
        os._exit(1)

    # -- verbs ---------------------------------------------------------------------------------------------------------

    def _listen(self) -> None:
        try:
            while (message := self._channel.receive()) is not None:
                self._take(message)
        except posture.ANY_ERROR as error:
            posture.give_up(error)
        finally:
            posture.leave(False)

    def _take(self, message: list[Any]) -> None:
        """Hand a verb to the server; one that comes while the program is loaded waits there, but for ``stop``."""
        verb = message[0]
        if verb == "fire":
            self._server.fire(FireRequest(**message[1]))
        elif verb == "withdraw":
            self._server.withdraw(message[1])
        elif verb == "faults":
            self._server.set_fault_rules([FaultRule(**rule) for rule in message[1]])
        elif verb == "probes":
            self._server.set_probes([str(kind) for kind in message[1]])
        elif verb == "recording":
            self._server.set_recording(message[1])
        elif verb == "stored":
            self._recorder.brake.set_stored(*message[1:])
        elif verb == "where":
            self._channel.send(["at", whereabouts(self._thread, self._serving)])
        elif verb == "read":
            self._server.run(partial(self._read_as, *message[1:]))
        elif verb == "tasks":
            number = message[1]
            self._server.dump_tasks(lambda dump: self._channel.send(["tasks", number, to_plain(dump)]))
        elif verb == "stop":
            if not self._server.ready:
                os._exit(0)
            self._server.stop()

    def _read_as(self, number: int, bus: Any) -> None:
        """Answer what the program would be read as with another ``[tool.inspector.bus]``; nothing of it is changed."""
        try:
            catalog = self._program.read_as({**self._order["options"], "bus": bus}).catalog()
        except Exception as error:  # noqa: BLE001 - looking at a stranger's objects may run their code
            trouble = _as_ours(error)
            answer = Reading(troubles=(SpecTrouble(trouble.text, trouble.hint),))
        else:
            problems = [problem for problem in catalog.problems if is_about_settings(problem.where)]
            troubles = tuple(SpecTrouble(problem.text, problem.hint) for problem in problems)
            events = sum(bool(event.handlers) for event in catalog.events)
            answer = Reading(events, len(catalog.handlers), troubles)
        self._channel.send(["reading", number, to_plain(answer)])

    # -- besides -------------------------------------------------------------------------------------------------------

    def _beat(self) -> list[Any]:
        if len(sys.modules) != self._modules:
            return self._files()
        return ["beat", self._server.lag]

    def _files(self) -> list[Any]:
        """Return the message that names the files of the project's modules, at most 5,000, for who watches them."""
        self._modules = len(sys.modules)
        return ["files", own_files()[:5_000]]

    def _forked(self) -> None:
        """Keep quiet in a fork of the process."""
        self._channel.abandon()
        self._recorder.set_recording(False)

    def _leave_fork(self) -> None:
        """End a fork that came back out of the program's code: it must not become a second bus."""
        if os.getpid() != self._pid:
            os._exit(0)


def _close(loop: asyncio.AbstractEventLoop) -> None:
    """Cancel what is left on the loop, and close it, as ``asyncio.run`` does; the parent waits for a second."""
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    if left:
        loop.run_until_complete(asyncio.wait(left, timeout=0.5))
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()


def _last_words(error: BaseException) -> str:
    """Return why the loop ended before its time."""
    if isinstance(error, SystemExit):
        return f"A task called sys.exit({error.code!r})."
    if isinstance(error, KeyboardInterrupt):
        return "A task raised KeyboardInterrupt."
    return f"The event loop ended: {type(error).__name__}: {error!s}"


def _as_ours(error: Exception) -> InspectorError:
    return error if isinstance(error, InspectorError) else InspectorError(f"{type(error).__name__}: {error!s:.200}")
