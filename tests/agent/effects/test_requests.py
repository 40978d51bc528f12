"""Requests are noted with method, host, path, status and time, never with what they carry; and answers are the same."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
import urllib.error
import urllib.request
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import inspector
from inspector.agent.effects.requests import address_of
from inspector.core.records.inside import RequestNote, read_data
from tests.agent.effects.server import serving
from tests.agent.observe.test_observe import LIBRARIES
from tests.agent.test_effects import Note, Watched

ASKING = Path(__file__).with_name("asking.py")


@pytest.fixture
def address() -> Iterator[str]:
    with serving() as address:
        yield address


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (
            "https://ada:secret@pay.example:443/v1/charges?card=4111&token=x#y",
            ("pay.example/v1/charges", ("card", "token")),
        ),
        ("http://pay.example:8080", ("pay.example:8080/", ())),
        ("http://[::1]:80/a?b", ("::1/a", ("b",))),
        ("http://ada:secret@pay.example:port/a?b=c", ("pay.example:port/a", ())),
        ("", ("/", ())),
    ],
)
def test_an_address_is_host_and_path_without_password_and_values(url: str, shown: tuple[str, tuple[str, ...]]) -> None:
    assert address_of(url) == shown


async def asked(here: Watched, ask: Callable[[], Any]) -> list[Note]:
    """Return what was noted of what a handler asks for."""

    async def handler(_: Any) -> None:
        ask()

    return [note for note in await here.run(handler) if note.kind == "http"]


async def test_a_request_of_http_client_is_noted(here: Watched, address: str) -> None:
    def ask() -> None:
        connection = http.client.HTTPConnection(address)
        for status in (200, 402):
            connection.request("POST", f"/charges/{status}?token=abc", body=b"secret")
            assert connection.getresponse().read() == b"ok"
        connection.close()

    first, second = await asked(here, ask)
    assert (first.text, first.level, first.data["status"]) == (f"POST {address}/charges/200", "info", 200)
    assert (second.text, second.level, second.data["status"]) == (f"POST {address}/charges/402", "warning", 402)
    data = read_data(RequestNote, json.dumps(first.data))
    assert data.query == ("token",)
    assert 0 < data.took <= data.ago
    assert data.by == "http.client"
    assert "abc" not in json.dumps(first.data)


async def test_a_request_of_urllib_is_one_for_each_address_that_it_is_led_to(here: Watched, address: str) -> None:
    def ask() -> None:
        with urllib.request.urlopen(f"http://{address}/302") as answer:
            assert answer.status == 200
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(f"http://{address}/500")

    notes = await asked(here, ask)
    assert [note.data["status"] for note in notes] == [302, 200, 500]


async def test_a_connection_whose_answer_nobody_reads_is_not_kept(here: Watched, address: str) -> None:
    connections: list[weakref.ref[http.client.HTTPConnection]] = []

    def ask() -> None:
        connection = http.client.HTTPConnection(address)
        connection.request("GET", "/200")
        connections.append(weakref.ref(connection))
        connection.close()

    assert await asked(here, ask) == []
    assert connections[0]() is None


async def test_a_request_that_cannot_be_sent_has_its_error(here: Watched) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]

        def ask() -> None:
            with pytest.raises(ConnectionRefusedError):
                http.client.HTTPConnection("127.0.0.1", port).request("GET", "/")

        (note,) = await asked(here, ask)
    assert (note.text, note.level) == (f"GET 127.0.0.1:{port}/", "warning")
    assert note.data["error"] == "ConnectionRefusedError"
    assert "status" not in note.data


def test_requests_of_each_library_are_noted_once_and_come_to_the_same(address: str) -> None:
    """With what is installed of httpx, requests and aiohttp in the environment with libraries; the rest is left out."""
    python = str(LIBRARIES) if LIBRARIES.exists() else sys.executable
    package = str(Path(inspector.__file__).parent)
    command = [python, "-B", str(ASKING), package, address]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    told = json.loads(done.stdout)
    assert "urllib" in told
    for name, result in told.items():
        by = {"requests": "urllib3", "urllib": "http.client"}.get(name, name.partition(" ")[0])
        assert result["watched"] == result["alone"], name
        assert [tuple(note) for note in result["notes"]] == [
            (f"GET {address}/a/200", 200, by, ""),
            (f"POST {address}/b/404", 404, by, ""),
        ], name
