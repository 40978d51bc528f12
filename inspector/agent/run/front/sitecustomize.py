"""Python runs this before the program, in each process of a command that is watched: it starts our agent there.

Its folder stands first in ``PYTHONPATH`` and holds nothing else. The program must not notice: the folder leaves the
path at once, the ``sitecustomize`` that stood behind it runs as it would have, nothing is printed, nothing raised. Any
Python may come here, so this has no syntax that is newer than Python 2.
"""

import sys


def _start():
    # type: () -> None
    """Leave the path, and start the agent if this Python can run it."""
    front = __file__.replace("\\", "/").rpartition("/")[0]
    sys.path[:] = [folder for folder in sys.path if folder != front]
    sys.path_importer_cache.pop(front, None)
    if sys.version_info < (3, 11):  # noqa: UP036 - any Python comes here
        return
    import os

    folder = os.environ.get("INSPECTOR_RUN")
    if not folder:
        return
    import _frozen_importlib as names
    import _frozen_importlib_external as files

    package = front.rpartition("/agent/")[0]
    private = "_event_inspector"
    if private in sys.modules:
        return
    spec = files.spec_from_file_location(private, package + "/__init__.py", submodule_search_locations=[package])
    module = sys.modules[private] = names.module_from_spec(spec)  # type: ignore[arg-type]
    keeps, sys.dont_write_bytecode = sys.dont_write_bytecode, False  # else each process compiles the agent anew
    try:
        spec.loader.exec_module(module)  # type: ignore[union-attr]
        start = __import__(private + ".agent.run.start", None, None, ["start"])
    finally:
        sys.dont_write_bytecode = keeps
    start.begin(folder)


def _go_on():
    # type: () -> None
    """Run the ``sitecustomize`` behind ours, where there is one; what it raises is its own."""
    ours = sys.modules.pop("sitecustomize", None)
    try:
        import sitecustomize  # type: ignore[import-not-found,unused-ignore]  # noqa: F401
    except ImportError as error:
        if getattr(error, "name", "sitecustomize") != "sitecustomize":
            raise
        if ours is not None:  # whoever imported us takes it from there
            sys.modules["sitecustomize"] = ours


TROUBLE = None  # the program goes first: what goes wrong here is told to nobody but who looks for it
try:
    _start()
except Exception as error:  # noqa: BLE001
    TROUBLE = error
_go_on()
