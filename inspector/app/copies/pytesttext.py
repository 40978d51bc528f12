"""An execution as a test: it builds the recorded event, calls the handler, and fails as before until that is mended.

The test imports the program as ``--app`` names it and nothing of ours. A handler that a module has is imported; any
other is taken out of the container of its bus, as the spec of the bus says. Where the bus passes more than the event,
or a session and metadata were recorded, the bus calls the handler, alone.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import re
from pathlib import PurePath
from typing import TYPE_CHECKING, Final

from inspector.app.copies.changed import changed_fields
from inspector.app.copies.pythontext import PythonText, quoted_text
from inspector.app.copies.sourcetext import SourceFile
from inspector.app.text import one_line
from inspector.core.errors import InspectorError
from inspector.core.records.statuses import CANCELLED, FAILED, NEVER_AWAITED, RETURNED_FAILURE, SWALLOWED, TIMED_OUT
from inspector.core.spec import ADAPTER, BY_BASE, BY_CLASS, BY_NAME, HANDLERS, PUBLISH, RUN_BY, container_of, method_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inspector.app.copies.recorded import RecordedExecution
    from inspector.core.records.capture import Failure, Frame
    from inspector.core.spec import BusSpec, SpecLine

#: How the demo is loaded.
_DEMO: Final = "inspector.demo:build"
_CORE: Final = "core"
#: What is said of executions in which nothing was raised: see ``bus.execution`` and ``tap.moments``.
_RETURNED: Final = "its body has not run"
_UNAWAITED: Final = "the bus never awaited it"
_MESSAGE: Final = 300
_MARK: Final = re.compile(r" #(\d+)$")
_PARTIAL: Final = re.compile(r" \(partial(?: (?P<arguments>[^)]*))?\)")
_PARAMETERS: Final = re.compile(r"\((.*)\)$")
_SESSIONS: Final = ("session", "db_session", "db", "uow", "connection", "conn")
_METADATA: Final = ("metadata", "meta", "context", "headers")

_NAME_OF: Final = '''
def name_of(handler):
    """Return Class.method of a method, Class.__call__ of an object, else the name of the function."""
    while isinstance(handler, functools.partial):
        handler = handler.func
    owner = getattr(handler, "__self__", None)
    if owner is not None:
        owner = owner if isinstance(owner, type) else type(owner)
        return f"{owner.__qualname__}.{handler.__name__}".replace("<locals>.", "")
    name = getattr(handler, "__qualname__", f"{type(handler).__qualname__}.__call__")
    return name.replace("<locals>.", "")
'''
_HANDLERS_IN: Final = '''
def handlers_in(container):
    """Yield the handlers in a container, however deep."""
    if isinstance(container, weakref.ref):
        container = container()
    inner = container.values() if isinstance(container, Mapping) else container
    if not isinstance(inner, (ValuesView, list, tuple, set, frozenset, deque)):
        if container is not None:  # else a weak handler that is gone
            yield container
        return
    for value in inner:
        yield from handlers_in(value)
'''
_KEEPING: Final = '''
def keeping(handler, raised):
    """Wrap a handler to keep what it raises, even if its bus swallows it."""

    @functools.wraps(handler)
    {async_}def kept(*args, **kwargs):
        try:
            return {call}
        except BaseException as error:
            raised.append(error)
            raise

    return kept
'''
_SETTLED: Final = '''
async def settled(outcome):
    """Return what a handler gives, awaited where it can be."""
    return await outcome if inspect.isawaitable(outcome) else outcome
'''
_FAILURE: Final = '''
def is_failure(result):
    """Return whether a result says that it is a failure, by its class or when it is asked."""
    if type(result).__name__ in ("Failure", "IOFailure", "Err", "Error"):
        return True
    words = {"is_error": True, "is_err": True, "is_failure": True, "is_ok": False, "is_success": False}
    for name, failed in words.items():
        said = getattr(result, name, None) if hasattr(type(result), name) else None
        if (said() if callable(said) else said) is failed:
            return True
    return False
'''
_RAISING: Final = '''
@contextlib.contextmanager
def raising(name, file, line):
    """Raise the exception of this name that was raised at a line, even where something caught it."""
    raised, before = [], sys.gettrace()

    def trace(frame, kind, fact):
        at_line = kind == "exception" and frame.f_lineno == line and frame.f_code.co_filename.endswith(file)
        if at_line and type(fact[1]).__name__ == name.rpartition(".")[2]:
            raised.append(fact[1])
        return trace

    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(before)
    if raised:
        raise raised[0]
'''
#: What stands behind the line that injects a fault.
FAULT_MARK: Final = "# the fault that was injected"
#: What is said of an event that had other values when its handler failed than when it was published.
CHANGED_MARK: Final = "When it failed, this handler, or one before it, had changed:"
#: The exception of faults that name none which can be found, and the module of ours that has it.
_INJECTED: Final = "InjectedFault"
_FAULTS: Final = "agent.faults"
_STRUCK: Final = '''
def struck(handler, error=None, hangs=False):
    """Wrap a handler so that a fault strikes at its first await, when that is over; if it never waits, at its end."""

    @types.coroutine
    def run(coroutine):
        try:
            waits_for = coroutine.send(None)
        except StopIteration:
            waits_for = None
        try:
            if waits_for is not None:
                yield waits_for
            if hangs:
                yield from asyncio.get_running_loop().create_future()
        except BaseException as other:
            failure = other
        else:
            failure = error
        if waits_for is None and coroutine.cr_frame is None:
            raise failure
        while True:
            try:
                waits_for = coroutine.throw(failure)
            except StopIteration as stop:
                return stop.value
            try:
                yield waits_for
            except BaseException as other:
                failure = other
            else:
                return (yield from coroutine)

    @functools.wraps(handler)
    async def faulty(*args, **kwargs):
        return await run(handler(*args, **kwargs))

    return faulty
'''
_RAISED_AFTER: Final = '''
def struck(handler, error):
    """Wrap a handler so that a fault strikes at its end."""

    @functools.wraps(handler)
    def faulty(*args, **kwargs):
        handler(*args, **kwargs)
        raise error

    return faulty
'''
_WITHIN: Final = '''
async def within(seconds, coroutine):
    """Await a coroutine for that long, even if it swallows its cancellation."""
    task = asyncio.ensure_future(coroutine)
    ended, _ = await asyncio.wait([task], timeout=seconds)
    if ended:
        return task.result()
    task.cancel()
    await asyncio.wait([task], timeout=1)
    try:
        if not task.done():
            coroutine.throw(TimeoutError(f"not done after {seconds} s"))
        task.result()
    except asyncio.CancelledError as error:
        raise TimeoutError(f"not done after {seconds} s") from error
    raise TimeoutError(f"not done after {seconds} s")
'''


def pytest_text(recorded: RecordedExecution) -> str:
    """Return the test; where none can be made of it, one that is skipped and says why."""
    return _Test(recorded).text()


class _Test:
    """One test while it is written."""

    def __init__(self, recorded: RecordedExecution) -> None:
        self._recorded = recorded
        self._code = PythonText(make_up=True)
        self._helpers: list[str] = []
        self._source = SourceFile(recorded.handler.file)
        self._awaits = False
        self._arguments: list[str] = []
        self._lines: list[str] = []

    def text(self) -> str:
        """Return the whole file."""
        try:
            self._write()
            if self._recorded.failure is not None and self._recorded.failure.type == KeyboardInterrupt.__name__:
                self._lines = ["try:", *_indented(self._lines), "except KeyboardInterrupt as error:"]
                self._lines += ['    raise AssertionError("KeyboardInterrupt") from error  # which would end pytest']
        except InspectorError as error:
            self._awaits, self._helpers, self._lines = False, [], []
            self._code, self._arguments = PythonText(make_up=True), []
            self._skip(f"No test can be made of this execution: {error.text}")
        return self._file()

    def _file(self) -> str:
        body = self._lines
        if self._awaits:
            self._code.use_module("asyncio")
            body = ["async def scenario():", *_indented(body), "", "asyncio.run(scenario())"]
        if self._code.missing:
            missing = one_line("; ".join(dict.fromkeys(self._code.missing)), 1_000)
            self._code.use_module("pytest")
            reason = f"Fill in the missing values, then remove this line: {missing}"
            body = [f"pytest.skip({quoted_text(reason)})", *body]
        head = [*map(_comment, self._about()), ""]
        imports = self._code.imports()
        helpers = [line for helper in self._helpers for line in ("", *helper.rstrip("\n").split("\n"))]
        test = ["", "", f"def {self._name()}({', '.join(self._arguments)}):", *_indented(body)]
        return "\n".join([*head, *imports, *helpers, *test]) + "\n"

    def _about(self) -> Iterable[str]:
        recorded, failure = self._recorded, self._recorded.failure
        when = f", recorded {recorded.when}" if recorded.when else ""
        yield f"{recorded.event.name} → {recorded.handler.label}{when}."
        status = recorded.status.replace("_", " ")
        if failure is None:
            yield f"Recorded outcome: {status}."
        else:
            text = one_line(f"{failure.type}: {failure.message}" if failure.message else failure.type, _MESSAGE)
            yield f"Recorded outcome: {status}, {text}"
            if failure.origin is not None:
                yield f"  at {self._place(failure.origin.file)}:{failure.origin.line} in {failure.origin.function}"
        if recorded.fault and self._strikes:
            yield "A fault was injected there. Remove the line that injects it to test the handler alone."
        elif recorded.fault:
            yield "A fault was injected there. This test runs the handler without it."
        elif failure is not None:
            yield "Fails in the same way until it is fixed, unless it depends on what ran before."
        if changed := changed_fields(recorded):
            yield f"{CHANGED_MARK} {', '.join(changed)}. This test starts with the published values."
        if self._code.made_up:
            fields = ", ".join(dict.fromkeys(self._code.made_up))
            yield f"Made up, because it was redacted: {fields}. The test may end differently because of it."
        folder = f" in {recorded.project.cwd}" if recorded.project is not None else ""
        yield f"Run it with: python -m pytest FILE{folder}"
        if recorded.project is not None and recorded.project.env_file is not None:
            yield f"It needs the settings in {recorded.project.env_file}."

    def _place(self, file: str) -> str:
        project = self._recorded.project
        if project is not None and PurePath(file).is_relative_to(project.cwd):
            return str(PurePath(file).relative_to(project.cwd))
        return file

    def _name(self) -> str:
        words = f"{self._recorded.handler.label} {self._recorded.event.name}"
        snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", words)
        return "test_" + re.sub(r"\W+", "_", snake, flags=re.ASCII).strip("_").lower()

    def _skip(self, reason: str) -> None:
        self._code.use_module("pytest")
        self._lines.append(f"pytest.skip({quoted_text(one_line(reason, 1_000))})")

    # -- the body

    def _write(self) -> None:
        recorded = self._recorded
        failure = recorded.failure
        lost = failure is not None and not failure.frames and _UNAWAITED in failure.message
        if recorded.status == NEVER_AWAITED or lost:
            raise InspectorError("the handler's coroutine was never awaited, so none of its code ran.")
        event = self._code.event(recorded.event, recorded.payload)
        spec, line = self._bus()
        self._check_settings()
        importable = self._is_importable()
        if importable and not self._through_bus(spec, line):
            handler = self._code.import_name(recorded.handler.module, recorded.handler.label)
            self._lines += [f"event = {event}"]
            if self._strike(handler):
                handler = "handler"
            self._call_handler(f"{handler}(event)")
            return
        if spec is None and not self._recorded.is_demo:
            raise InspectorError(f"{recorded.handler.label} is not a function of a module, and its bus is unknown.")
        bus = self._get_bus(spec)
        self._lines += [f"event = {event}"]
        if _adapter(spec) == _CORE or self._recorded.is_demo:
            self._core(bus)
        elif line is None:
            raise InspectorError(
                f"{recorded.handler.label} is not in a known container of {spec.where if spec else 'its bus'}."
            )
        else:
            self._mapped(bus, spec, line)  # type: ignore[arg-type]

    def _check_settings(self) -> None:
        """Skip the test where settings are missing that a person has filled in; they may be secrets."""
        project = self._recorded.project
        names = sorted(project.settings) if project is not None else []
        if not names:
            return
        self._code.use_module("os")
        self._code.use_module("pytest")
        self._lines += [
            f"missing = [name for name in {names!r} if name not in os.environ]",
            "if missing:",
            '    pytest.skip(f"Set {missing} first: the program needs it.")',
        ]

    def _bus(self) -> tuple[BusSpec | None, SpecLine | None]:
        """Return the spec of the bus that runs the handler, and the line of the container in which it stands."""
        specs, key = self._recorded.catalog.specs, self._recorded.handler.key
        for spec in specs:
            for line in spec.of(HANDLERS):
                if key in line.handlers and line.value:
                    return spec, line
        return next((spec for spec in specs if _adapter(spec) == _CORE), specs[0] if specs else None), None

    def _is_importable(self) -> bool:
        """Return whether the handler is a function that its module has under its own name."""
        handler = self._recorded.handler
        if not handler.module or handler.module == "__main__" or not handler.label.isidentifier():
            return False
        return self._source.has_function(handler.label)

    def _through_bus(self, spec: BusSpec | None, line: SpecLine | None) -> bool:
        """Return whether the bus must call the handler: it gives it more than the event."""
        if _adapter(spec) == _CORE:
            return self._recorded.session or bool(self._recorded.metadata)
        if line is None or spec is None:
            return False
        handler = self._recorded.handler
        if line.keyed_by not in (BY_CLASS, BY_BASE, BY_NAME):
            return False
        needed = 1 if _PARTIAL.search(handler.label) else self._source.required_arguments(handler.line)
        session, metadata = self._extras(spec)
        return needed > 1 or bool(session or metadata)

    def _extras(self, spec: BusSpec) -> tuple[str, str]:
        """Return the parameters of the publish point that take what was recorded: session and metadata."""
        point = next(iter(spec.of(PUBLISH)), None)
        if point is None:
            return "", ""
        declared = point.value if isinstance(point.value, dict) else {}
        match = _PARAMETERS.search(point.text)
        names = [name.strip() for name in match[1].split(",")] if match else []
        session = declared.get("session") or next((name for name in names if name in _SESSIONS), "")
        metadata = declared.get("metadata") or next((name for name in names if name in _METADATA), "")
        recorded = self._recorded
        return session if recorded.session and self._scope else "", metadata if recorded.metadata else ""

    @property
    def _scope(self) -> str:
        """What gives a database session: an import string; empty when that is unknown."""
        project = self._recorded.project
        return project.db_session or "" if project is not None else ""

    def _get_bus(self, spec: BusSpec | None) -> str:
        """Write what loads the program; return the expression for its bus."""
        if spec is None or self._recorded.is_demo:
            module, _, name = _DEMO.partition(":")
            self._lines.append(f"demo = {self._code.import_name(module, name)}(latency=0)")
            return "demo.bus"
        module, colon, path = spec.where.partition(":")
        if not colon:
            return self._code.use_module(module)
        first = re.split(r"[.\[]", path, maxsplit=1)[0]
        rest, name = path[len(first) :], self._code.import_name(module, first)
        root = SourceFile.of_module(module, (self._recorded.event, self._recorded.handler))
        kind = root.kind_of(first)
        call = f"await {name}()" if kind == "async" else f"{name}()"
        if kind == "value":
            return f"{name}{rest}"
        self._awaits = self._awaits or kind == "async"
        variable = "bus" if not rest else "program"
        if not kind:  # its source cannot be read: asked when the test runs
            self._code.use_module("inspect")
            call = f"{name}() if inspect.isroutine({name}) or inspect.isclass({name}) else {name}"
        self._lines.append(f"{variable} = {call}")
        return f"{variable}{rest}"

    # -- the fault

    @property
    def _strikes(self) -> bool:
        """What was injected can be injected again: it raised something, or made the handler wait for ever."""
        recorded = self._recorded
        raised = recorded.status in (FAILED, SWALLOWED) and recorded.failure is not None
        return recorded.fault and (raised or (recorded.status == TIMED_OUT and recorded.handler.is_async))

    def _strike(self, handler: str) -> bool:
        """Write what injects the fault into a handler, which is ``handler`` then; return whether there is one."""
        if not self._strikes:
            return False
        recorded, failure = self._recorded, self._recorded.failure
        self._code.use_module("functools")
        if recorded.handler.is_async:
            for module in ("asyncio", "types"):
                self._code.use_module(module)
            self._help(_STRUCK)
            fault = "hangs=True" if recorded.status == TIMED_OUT else self._error(failure)
        else:
            self._help(_RAISED_AFTER)
            fault = self._error(failure)
        self._lines.append(f"handler = struck({handler}, {fault})  {FAULT_MARK}")
        return True

    def _error(self, failure: Failure | None) -> str:
        """Return the expression for the exception that a fault raised."""
        assert failure is not None  # noqa: S101 - see ``_strikes``
        led = [former for former in failure.chain if former.relation in ("cause", "context")]
        failure = led[-1] if led else failure  # what the handler made of it comes by itself
        message = failure.message
        if failure.type == KeyError.__name__:  # whose text is the ``repr`` of what was not there
            with contextlib.suppress(ValueError, SyntaxError):
                message = str(ast.literal_eval(message))
        if failure.module in ("builtins", ""):
            name = failure.type if isinstance(getattr(builtins, failure.type, None), type) else ""
        elif failure.module.endswith(_FAULTS):
            name = ""
        else:
            name = self._code.import_class(f"{failure.module}.{failure.type}")
        if not name:
            name = _INJECTED
            self._help(f'''\n\nclass {_INJECTED}(Exception):\n    """What the fault raised."""\n''')
        return f"{name}({quoted_text(message)})"

    # -- the call

    def _gives_awaitable(self) -> bool:
        """Return whether a plain function has given what its bus awaited: that has failed, and not the function."""
        handler, failure = self._recorded.handler, self._recorded.failure
        if handler.is_async or failure is None or not failure.frames:
            return False
        name = _PARTIAL.sub("", _MARK.sub("", handler.method or handler.label))
        return not any(frame.function.rpartition(".")[2] in (name, "<lambda>", "__call__") for frame in failure.frames)

    def _call_handler(self, call: str) -> None:
        """Write a call of the handler itself."""
        gives = self._gives_awaitable()
        self._call(self._settled(call) if gives else call, waits=self._recorded.handler.is_async or gives)

    def _settled(self, call: str) -> str:
        self._code.use_module("inspect")
        self._help(_SETTLED)
        return f"settled({call})"

    def _call(self, call: str, *, waits: bool) -> None:
        """Write the call and what is made of its outcome."""
        recorded = self._recorded
        self._awaits = self._awaits or waits
        limit = (recorded.duration or 0) / 1e9
        if waits and limit and recorded.status in (TIMED_OUT, CANCELLED):
            self._code.use_module("asyncio")
            self._help(_WITHIN)
            if recorded.status == CANCELLED:
                self._await_end(call, max(10 * limit, 1))
                return
            call = f"await within({limit:.3g}, {call})"
        elif waits:
            call = f"await {call}"
        if recorded.status == RETURNED_FAILURE:
            self._help(_FAILURE)
            self._lines += [f"result = {call}", "if isinstance(result, BaseException):", "    raise result"]
            self._lines += ["assert not is_failure(result), result"]
            return
        if recorded.failure is not None and not recorded.failure.frames and _RETURNED in recorded.failure.message:
            self._code.use_module("inspect")
            self._lines += [f"result = {call}", "if inspect.isgenerator(result) or inspect.isasyncgen(result):"]
            self._lines += ['    raise TypeError("the handler returned a generator: its body has not run")']
            return
        if recorded.status == SWALLOWED and recorded.failure is not None and recorded.failure.origin is not None:
            self._raise_caught(call, recorded.failure.type, recorded.failure.origin)
            return
        self._lines.append(call)
        if recorded.status == SWALLOWED:
            self._raise_logged()

    def _raise_logged(self) -> None:
        """Write what raises the first exception that was logged: its handler went on as if nothing had happened."""
        if "caplog" not in self._arguments:
            self._arguments.append("caplog")
        self._lines += ["for record in caplog.records:", "    if record.exc_info:", "        raise record.exc_info[1]"]

    def _await_end(self, call: str, limit: float) -> None:
        """Write a call that is to end as it did by itself; who was cancelled by others waits in vain."""
        self._code.use_module("pytest")
        self._lines += ["try:", f"    await within({limit:.3g}, {call})", "except TimeoutError:"]
        self._lines.append('    pytest.skip("It continues here: something else cancelled the handler.")')

    def _raise_caught(self, call: str, name: str, origin: Frame) -> None:
        """Write what raises the exception that the handler caught: it went on as if nothing had happened."""
        for module in ("contextlib", "sys"):
            self._code.use_module(module)
        self._help(_RAISING)
        place = f"{quoted_text(PurePath(origin.file).name)}, {origin.line}"
        self._lines += [f"with raising({quoted_text(name)}, {place}):", f"    {call}"]

    def _find(self, candidates: str, *, object_run_by: str = "") -> None:
        """Write the search for the handler among others; ``handler`` is it then."""
        handler = self._recorded.handler
        label = handler.label
        number = _MARK.search(label)
        label = _MARK.sub("", label)
        partial = _PARTIAL.search(label)
        bare = _PARTIAL.sub("", label)
        if bare.endswith(")"):
            raise InspectorError(f"{label} cannot be found again by its name.")
        order = ""
        if ".lambda:" in bare:
            test = 'getattr(item, "__name__", "") == "<lambda>"'
            # The nearest one: its line changes when something above it is mended.
            order = f"key=lambda item: abs(item.__code__.co_firstlineno - {handler.line})"
        elif object_run_by:
            test = f"type(item).__qualname__ == {quoted_text(bare.rpartition('.')[0])}"
        else:
            self._help(_NAME_OF)
            self._code.use_module("functools")
            test = f"name_of(item) == {quoted_text(bare)}"
            for pair in (partial["arguments"] or "").split(", ") if partial else ():
                name, equals, value = pair.partition("=")
                if equals:
                    test += f" and str(item.keywords.get({quoted_text(name)})) == {quoted_text(value)}"
        search = f"[item for item in {candidates} if {test}]"
        search = f"sorted({search}, {order})" if order else search
        place = int(number[1]) - 1 if number else 0
        self._code.use_module("pytest")
        self._lines += [f"matching = {search}", f"if len(matching) <= {place}:"]
        reason = f"{label} is not subscribed: the code that subscribes it did not run."
        self._lines.append(f"    pytest.skip({quoted_text(reason)})")
        self._lines.append(f"handler = matching[{place}]{'.' + object_run_by if object_run_by else ''}")
        self._strike("handler")

    def _help(self, helper: str) -> None:
        if helper not in self._helpers:
            self._helpers.append(helper)

    def _keep(self) -> None:
        self._code.use_module("functools")
        gives = self._gives_awaitable()
        waits = self._recorded.handler.is_async or gives
        call = self._settled("handler(*args, **kwargs)") if gives else "handler(*args, **kwargs)"
        helper = _KEEPING.replace("{async_}", "async " if waits else "").replace(
            "{call}", f"{'await ' if waits else ''}{call}"
        )
        self._help(helper)
        self._lines.append("raised = []")

    def _core(self, bus: str) -> None:
        """Write a call by a bus of ``inspector.core``, which has no other handlers of the event then."""
        recorded = self._recorded
        event = self._code.import_class(recorded.event.key)
        if bus != "bus":
            self._lines.append(f"bus = {bus}")
        self._lines.append(f"handlers = [item.handler for item in bus.subscriptions() if item.event_type is {event}]")
        self._find("handlers")
        self._keep()
        self._lines += ["for other in handlers:", f"    bus.unsubscribe({event}, other)"]
        self._lines += ["kept = keeping(handler, raised)", f"bus.subscribe({event}, kept)"]
        session = recorded.session and bool(self._recorded.is_demo or self._scope)
        arguments = ["event", *(["session"] if session else [])]
        if recorded.metadata:
            arguments.append(f"metadata={self._code.value(dict(recorded.metadata), 'metadata')}")
        after = [f"bus.unsubscribe({event}, kept)", "for other in handlers:", f"    bus.subscribe({event}, other)"]
        after += ["await demo.close()"] if self._recorded.is_demo else []
        self._publish(f"bus.publish({', '.join(arguments)})", waits=True, session=session, after=after)

    def _mapped(self, bus: str, spec: BusSpec, line: SpecLine) -> None:
        """Write a call of a handler that stands in a container of a bus: by itself, or by the bus."""
        if bus != "bus":
            self._lines.append(f"bus = {bus}")
        for name in ("Mapping", "ValuesView"):
            self._code.import_name("collections.abc", name)
        self._code.import_name("collections", "deque")
        self._code.use_module("weakref")
        self._help(_HANDLERS_IN)
        container = f"bus.{container_of(line.value)}"
        run_by = line.holds[len(RUN_BY) :] if line.holds.startswith(RUN_BY) else ""
        self._find(f"handlers_in({container})", object_run_by=run_by)
        point = next(iter(spec.of(PUBLISH)), None)
        if not self._through_bus(spec, line) or point is None or run_by:
            self._call_handler("handler(event)")
            return
        self._keep()
        event = self._code.import_class(self._recorded.event.key)
        key = repr(self._recorded.event.event_type) if line.keyed_by == BY_NAME else event
        self._arguments.append("monkeypatch")  # a bus of a module is that of other tests, too
        if line.keyed_by == BY_BASE:  # handlers of base classes would be called, too
            self._lines += [
                f"for other, held in list({container}.items()):",
                "    if not callable(held):",
                f"        monkeypatch.setitem({container}, other, [])",
            ]
        self._lines += [
            f"kept, held = keeping(handler, raised), {container}.get({key})",
            f"monkeypatch.setitem({container}, {key}, kept if callable(held) else [kept])",
        ]
        session, metadata = self._extras(spec)
        arguments = ["event"]
        arguments += [f"{session}=session"] if session else []
        arguments += [f"{metadata}={self._code.value(dict(self._recorded.metadata), 'metadata')}"] if metadata else []
        waits = SourceFile(point.file).is_async(point.line, default=self._recorded.handler.is_async)
        self._publish(f"bus.{method_of(point.value)}({', '.join(arguments)})", waits=waits, session=bool(session))

    def _publish(self, call: str, *, waits: bool, session: bool, after: Iterable[str] = ()) -> None:
        """Write a publication, what is done after it in any case, and what raises the exception that was kept."""
        lines, self._lines = self._lines, []
        self._call(call, waits=waits)
        written, self._lines = self._lines, lines
        if waits and self._recorded.status == TIMED_OUT and self._recorded.duration:
            # The handler's own place: a bus that runs it in a task waits at a line of the bus.
            written = ["try:", *_indented(written), "except TimeoutError as late:"]
            written += ["    raise late from (raised[0] if raised else late.__cause__)"]
        if session:
            opening, asynchronous = self._open_session()
            self._awaits = self._awaits or asynchronous
            written = [f"{'async ' if asynchronous else ''}with {opening} as session:", *_indented(written)]
        if after:
            written = ["try:", *_indented(written), "finally:", *_indented(after)]
        self._lines += [*written, "if raised:", "    raise raised[0]"]

    def _open_session(self) -> tuple[str, bool]:
        """Return what opens a database session, and whether it is asynchronous."""
        if self._recorded.is_demo:
            return "demo.session_factory()", True
        module, _, path = self._scope.partition(":")
        name = self._code.import_name(module, path)
        source = SourceFile.of_module(module, (self._recorded.event, self._recorded.handler))
        kind = source.session_kind(path)
        if kind in ("asyncgen", "gen"):
            self._code.use_module("contextlib")
            manager = "asynccontextmanager" if kind == "asyncgen" else "contextmanager"
            return f"contextlib.{manager}({name})()", kind == "asyncgen"
        return f"{name}()", kind != "sync"


def _adapter(spec: BusSpec | None) -> str:
    return next((str(line.value) for line in spec.of(ADAPTER)), "") if spec is not None else ""


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"    {part}" if part else "" for line in lines for part in line.split("\n")]


def _comment(text: str) -> str:
    return f"# {one_line(text, 1_000)}".rstrip()
