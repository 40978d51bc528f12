"""Loads that take too long: the line of the project at which they were is named, whatever they were doing."""

from __future__ import annotations

from pathlib import Path

import pytest

from inspector.hosts.child import ChildHost
from inspector.hosts.trouble import LoadError
from tests.hosts.children import following, project

LOOP = "def connect():\n    while True:\n        pass\n\nconnect()\n"
DEEP = "def fall(n):\n    if not n:\n        while True:\n            pass\n    fall(n - 1)\n"
#: What is loaded, its files, and where it hangs.
SLOW: dict[str, tuple[str, dict[str, str], str]] = {
    "a loop in a function of another module": (
        "shop.wiring:bus",
        {"shop/__init__.py": "", "shop/wiring.py": "from shop import settings\n", "shop/settings.py": LOOP},
        r"at shop/settings\.py:[23] in connect\.",
    ),
    "a loop in the module itself": ("wiring:bus", {"wiring.py": "while True:\n    pass\n"}, r"at wiring\.py:[12]\."),
    "a loop that never lets another thread run": (
        "wiring:bus",
        {"wiring.py": f"import sys\nsys.setswitchinterval(1000)\n{LOOP}"},
        r"at wiring\.py:[45] in connect\.",
    ),
    "deep inside a library": (
        "wiring:bus",
        {
            "wiring.py": "import sys\nsys.path.append('site-packages')\nimport abyss\n\nabyss.fall(300)\n",
            "site-packages/abyss.py": DEEP,
        },
        r"at wiring\.py:5\.",
    ),
    "deep inside the imports of a library": (
        "wiring:bus",
        {
            "wiring.py": "import sys\nsys.path.append('site-packages')\n\nimport layer0\n",
            **{f"site-packages/layer{n}.py": f"import layer{n + 1}\n" for n in range(40)},
            "site-packages/layer40.py": "import time\ntime.sleep(100)\n",
        },
        r"at wiring\.py:4\.",
    ),
    "a factory that blocks": ("wiring:connect", {"wiring.py": LOOP.replace("\nconnect()", "")}, r"in connect\."),
    "a factory that waits": (
        "wiring:get_bus",
        {
            "wiring.py": "import asyncio\nasync def connect():\n    await asyncio.sleep(100)\n\n"
            "async def get_bus():\n    return await connect()\n"
        },
        r"at wiring\.py:3 in connect\.",
    ),
    "a factory that waits for several": (
        "wiring:get_bus",
        {
            "wiring.py": "import asyncio\nasync def get_bus():\n    nothing = asyncio.Event()\n"
            "    await asyncio.gather(asyncio.wait_for(nothing.wait(), 100), asyncio.sleep(100))\n"
        },
        r"at wiring\.py:4 in get_bus\.",
    ),
    "a factory that waits in a context": (
        "wiring:get_bus",
        {
            "wiring.py": "import asyncio\nfrom contextlib import asynccontextmanager\n@asynccontextmanager\n"
            "async def connected():\n    await asyncio.sleep(100)\n    yield\n\n"
            "async def get_bus():\n    async with connected():\n        return None\n"
        },
        r"at wiring\.py:9 in get_bus\.",
    ),
    "a class that waits by a generator": (
        "wiring:get_bus",
        {
            "wiring.py": "import asyncio\nclass Ready:\n    def __await__(self):\n"
            "        yield from asyncio.sleep(100).__await__()\n\nasync def get_bus():\n    await Ready()\n"
        },
        r"at wiring\.py:4 in __await__\.",
    ),
}


@pytest.mark.parametrize("what", SLOW)
async def test_a_load_that_takes_too_long_names_the_line_of_the_project(what: str, tmp_path: Path) -> None:
    app, files, place = SLOW[what]
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    host = ChildHost(project(app, cwd=tmp_path, load_timeout=2.0))
    async with following(host):
        with pytest.raises(LoadError, match=place) as caught:
            await host.start()
    assert (caught.value.kind, caught.value.typed) == ("timeout", "--load-timeout SECONDS")
    assert "took more than 2 s and" in caught.value.text
    assert caught.value.hint == "Allow more time."
