"""Makes the same requests with each HTTP library that is installed, as handlers, without probes and with them.

Usage: python asking.py FOLDER-OF-THE-PACKAGE HOST:PORT
Prints as JSON, for each library: what the requests came to without probes, with them, and what was noted.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import sys
import urllib.error
import urllib.request

import doing


def by_urllib(address):
    answers = []
    for url, body in ((f"http://{address}/a/200?q=1", None), (f"http://{address}/b/404", b"x")):
        try:
            with urllib.request.urlopen(url, body) as answer:
                answers.append((answer.status, answer.read().decode()))
        except urllib.error.HTTPError as error:
            answers.append((error.code, error.read().decode()))
    return answers


def by_requests(address):
    library = importlib.import_module("requests")
    answers = [library.get(f"http://{address}/a/200?q=1"), library.post(f"http://{address}/b/404", data=b"x")]
    return [(answer.status_code, answer.text) for answer in answers]


def by_httpx(address):
    with importlib.import_module("httpx").Client() as client:
        answers = [client.get(f"http://{address}/a/200?q=1"), client.post(f"http://{address}/b/404", content=b"x")]
    return [(answer.status_code, answer.text) for answer in answers]


async def async_httpx(address):
    async with importlib.import_module("httpx").AsyncClient() as client:
        first = await client.get(f"http://{address}/a/200?q=1")
        second = await client.post(f"http://{address}/b/404", content=b"x")
    return [(answer.status_code, answer.text) for answer in (first, second)]


async def async_aiohttp(address):
    async with importlib.import_module("aiohttp").ClientSession() as client:
        async with client.get(f"http://{address}/a/200?q=1") as first:
            answers = [(first.status, await first.text())]
        async with client.post(f"http://{address}/b/404", data=b"x") as second:
            return [*answers, (second.status, await second.text())]


LIBRARIES = {
    "urllib": ("urllib.request", by_urllib),
    "requests": ("requests", by_requests),
    "httpx": ("httpx", by_httpx),
    "httpx async": ("httpx", async_httpx),
    "aiohttp": ("aiohttp", async_aiohttp),
}


def main(package, address):
    doing.module_at("_guest", package + "/__init__.py", [package])
    told = {}
    for name, (module, ask) in LIBRARIES.items():
        with contextlib.suppress(ImportError):
            importlib.import_module(module)
            alone, _ = doing.perform("_guest", lambda _, ask=ask: ask(address), probes=False)
            watched, notes = doing.perform("_guest", lambda _, ask=ask: ask(address), probes=True)
            shown = [
                (text, data.get("status"), data["by"], data.get("error", ""))
                for kind, _, text, data in notes
                if kind == "http"
            ]
            told[name] = {"alone": alone, "watched": watched, "notes": shown}
    print(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
