"""Where the child process begins: ``python -I bootstrap.py CHANNEL DUMP TAIL PARENT``; ``source``: to read source.

It loads our package from its folder under a private name and adds nothing to the path, so that the project may have a
package called ``inspector`` and our modules can never be imported by accident. It runs on any Python 3, to be able to
say that it is too old.
"""

import sys
from typing import Any

PRIVATE_NAME = "_event_inspector"
OLDEST = (3, 11)


def main() -> int:
    """Load the agent and run it; the process ends with what it gives."""
    if sys.argv[1:2] == ["source"]:
        return int(load_agent("facts", "source").main())
    channel, dump, tail, parent = (int(text) for text in sys.argv[1:5])
    if sys.version_info < OLDEST:
        refuse(channel)
        return 1
    code = load_agent("process", "child").run(channel, dump, tail, parent)
    return int(code)


def refuse(channel: int) -> None:
    """Report to the parent that this interpreter is too old."""
    import json
    import os

    text = f"{sys.executable} is Python {sys.version.split()[0]}; 3.11 or newer is required."
    trouble = {"text": text, "hint": "Choose another interpreter.", "kind": "interpreter", "failure": ""}
    trouble["typed"] = "--python PATH"
    body = json.dumps(["failed", trouble]).encode("ascii")
    os.write(channel, len(body).to_bytes(4, "big") + body)


def load_agent(room: str, name: str) -> Any:
    """Return a module of the agent, loaded as part of the private package."""
    import os
    from importlib.util import module_from_spec, spec_from_file_location

    folder = os.path.abspath(__file__)  # noqa: PTH100 - light imports
    for _ in range(3):
        folder = os.path.dirname(folder)  # noqa: PTH120 - as above

    def load(name: str, file: str, inside: list[str] | None = None) -> Any:
        path = os.path.join(folder, file)  # noqa: PTH118 - as above
        spec = spec_from_file_location(name, path, submodule_search_locations=inside)
        if spec is None or spec.loader is None:
            raise ImportError(f"{path} is not a module")
        module = module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
        return module

    load(PRIVATE_NAME, "__init__.py", [folder])
    return load(f"{PRIVATE_NAME}.agent.{room}.{name}", os.path.join("agent", room, f"{name}.py"))  # noqa: PTH118 - as above


if __name__ == "__main__":
    sys.exit(main())
