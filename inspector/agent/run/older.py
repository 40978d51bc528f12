"""Python 3.11 cannot be asked about code: libraries known by class are met as they are imported, buses as they publish.

A finder at the front of ``sys.meta_path`` waits for the few modules that have such classes. It finds nothing itself:
when another finder has found one of them, we are called once it has run, and put a seam in the place of each function
by which the library publishes. Nothing else of the agent is loaded before one of these is called.
"""

from __future__ import annotations

import sys

from ..tap.seams import Seam, strip

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any, Final

_FUNCTION: Final = type(lambda: None)
#: What meets a bus before it publishes: what it makes to publish with takes its methods along.
_EARLIER: Final = {"Application.transaction_context": ("lato.application",)}


class AwaitedModules:
    """Waits for modules, and tells when each has run.

    Args:
        names: Theirs.
        arrived: Called with the name and the module.
    """

    def __init__(self, names: Iterable[str], arrived: Callable[[str, ModuleType], None]) -> None:
        self._awaited = set(names)
        self._arrived = arrived

    def begin(self) -> None:
        """Wait from now on; those that are there already are told at once."""
        for name in sorted(self._awaited & sys.modules.keys()):
            module = sys.modules[name]
            if not getattr(getattr(module, "__spec__", None), "_initializing", False):
                self._awaited.discard(name)
                self._arrived(name, module)
        sys.meta_path.insert(0, self)

    def end(self) -> None:
        """Wait for nothing any more."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """Return what the finders behind us find of a module that is waited for; of any other leave it to them."""
        if name not in self._awaited:
            return None
        self._awaited.discard(name)  # who is asked may ask us
        spec = None
        for finder in sys.meta_path:
            find = getattr(finder, "find_spec", None)
            if find is not None and finder is not self and (spec := find(name, path, target)) is not None:
                break
        if spec is None or not self._follow(name, spec.loader):
            self._awaited.add(name)
        return spec

    def _follow(self, name: str, loader: Any) -> bool:
        """Have the next module of this name told that a loader runs; return whether that can be."""
        run = getattr(loader, "exec_module", None)
        held = getattr(loader, "__dict__", None)
        if run is None or type(held) is not dict:
            return False

        def exec_module(module: ModuleType) -> None:
            if getattr(module, "__name__", name) == name and held.get("exec_module") is exec_module:
                del held["exec_module"]
            try:
                run(module)
            except BaseException as error:
                strip(error)
                self._awaited.add(name)
                raise
            if getattr(module, "__name__", name) == name:
                self._arrived(name, module)

        held["exec_module"] = exec_module
        return True


class Libraries:
    """The seams of the libraries that the program imports.

    Args:
        points: By the qualified name of a function that publishes its modules.
        named: Modules in which the person has named something.
        met: Called with the name of a library's module and the first argument of a call; returns whether that was met
            for the first time.
        imported: Called with a module that has run, for which no seam was put: the person has named something in it,
            or its code cannot be replaced.
        fail: Called with an error of ours.
    """

    def __init__(
        self,
        points: dict[str, tuple[str, ...]],
        named: Iterable[str],
        *,
        met: Callable[[str, Any], bool],
        imported: Callable[[str, ModuleType], None],
        fail: Callable[[Exception], None],
    ) -> None:
        self._points: dict[str, list[str]] = {}
        for point, modules in {**points, **_EARLIER}.items():
            for module in modules:
                self._points.setdefault(module, []).append(point)
        self._named = frozenset(named)
        self._met, self._imported, self._fail = met, imported, fail
        self._seams: list[Seam] = []
        self._modules = AwaitedModules({*self._points, *self._named}, self._arrived)

    def begin(self) -> None:
        """Put seams from now on."""
        self._modules.begin()

    def end(self) -> None:
        """Put everything back."""
        self._modules.end()
        while self._seams:
            self._seams.pop().take()

    def _arrived(self, name: str, module: ModuleType) -> None:
        try:
            for point in self._points.get(name, ()):
                if point == "<module>":
                    self._imported(name, module)
                    continue
                first, _, last = point.rpartition(".")
                owner = getattr(module, first, None) if first else module
                if owner is not None and type(vars(owner).get(last)) is _FUNCTION:
                    self._seams.append(Seam(owner, last, self._asking(name)))
            if name in self._named:
                self._imported(name, module)
        except Exception as error:  # noqa: BLE001 - the observed never pays
            self._fail(error)

    def _asking(self, name: str) -> Callable[[Any], bool]:
        """Return what a seam asks about calls of what nobody has entered."""

        def unknown(first: Any) -> bool:
            try:
                return self._met(name, first)
            except Exception as error:  # noqa: BLE001 - as above
                self._fail(error)
                return False

        return unknown
