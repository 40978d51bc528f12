"""The HTTP probe: requests that handlers make, with their status and time; what they carry is never part of it.

Each library has one function through which every request goes. Where one library makes its requests by way of another,
the outer one is told, once.
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlsplit
from weakref import ref

from ...core.records.inside import HTTP, RequestNote, data_of

if TYPE_CHECKING:
    from ...core.bus.execution import Execution
    from .effects import Effects
    from .watching import Call

#: Longest address that is noted, and how many names of its query.
_LENGTH: Final = 500
_NAMES: Final = 20
#: Requests of ``http.client`` that wait for their answer at the same time.
_MOST: Final = 500
_PORTS: Final = {"http": 80, "https": 443}


def address_of(url: str) -> tuple[str, tuple[str, ...]]:
    """Return host and path of a URL, without a name or password, and the names in its query."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        names = dict.fromkeys(name for name, _ in parse_qsl(parts.query, keep_blank_values=True, max_num_fields=500))
    except ValueError:  # a port that is none, too many fields
        return url.partition("?")[0].rpartition("@")[2][:_LENGTH], ()
    if port and port != _PORTS.get(parts.scheme):
        host += f":{port}"
    return (host + (parts.path or "/"))[:_LENGTH], tuple(name[: _NAMES * 5] for name in list(names)[:_NAMES])


class Requests:
    """Notes requests.

    Args:
        effects: Takes the notes.
    """

    def __init__(self, effects: Effects) -> None:
        self._effects = effects
        #: Of ``http.client``, by the id of the connection: whether it is that, what was asked for, when, and by whom.
        self._asked: dict[int, tuple[ref[Any], str, str, int, Execution | None]] = {}

    def note(self, call: Call, method: Any, url: str, by: str, *, began: int = 0) -> None:
        """Note a request that a call has made.

        Args:
            call: Its result is the answer, or it has failed.
            method: Its method.
            url: Where it went.
            by: The library.
            began: When it began, ns of ``perf_counter_ns``; 0: when the call did.
        """
        status = getattr(call.result, "status_code", None)
        if type(status) is not int:
            status = getattr(call.result, "status", None)
        now, began = perf_counter_ns(), began or call.began
        address, query = address_of(url)
        error = "" if call.error is None else type(call.error).__name__
        took = call.began + call.took - began
        data = RequestNote(now - began, took, by, error, status if type(status) is int else None, query)
        name = method.decode("latin-1") if type(method) is bytes else str(method) if type(method) is str else "?"
        failed = data.status is None or data.status >= 400
        text = f"{name.upper()[:_NAMES]} {address}"
        level = "warning" if failed else "info"
        self._effects.tell(HTTP, text, data_of(data), execution=call.execution, level=level)

    def httpx(self, call: Call) -> None:
        """Note a request of httpx."""
        request = call.arguments["request"]
        self.note(call, request.method, str(request.url), "httpx")

    def aiohttp(self, call: Call) -> None:
        """Note a request of aiohttp, with those that it was led to."""
        url = getattr(call.result, "url", None) or call.arguments["str_or_url"]
        self.note(call, call.arguments["method"], str(url), "aiohttp")

    def urllib3(self, call: Call) -> None:
        """Note a request of urllib3, and of requests."""
        pool = call.arguments["self"]
        port = f":{pool.port}" if pool.port else ""
        url = f"{pool.scheme}://{pool.host}{port}{_path(call.arguments['url'])}"
        self.note(call, call.arguments["method"], url, "urllib3")

    def asked(self, call: Call) -> None:
        """Remember what a connection of ``http.client`` is asked for."""
        if call.error is None:
            if len(self._asked) >= _MOST:
                self._asked.clear()
            connection, method, url = (call.arguments[name] for name in ("self", "method", "url"))
            port = f":{connection.port}" if connection.port else ""
            scheme = "https" if connection.default_port == _PORTS["https"] else "http"
            url = f"{scheme}://{connection.host}{port}{_path(url)}"
            self._asked[id(connection)] = ref(connection), method, url, call.began, call.execution

    def sent(self, call: Call) -> None:
        """Note a request that could not be sent."""
        if call.error is not None:
            self.answered(call)

    def answered(self, call: Call) -> None:
        """Note a request that was answered, or never will be."""
        connection = call.arguments["self"]
        asked = self._asked.pop(id(connection), None)
        if asked is not None and asked[0]() is connection:
            _, method, url, began, call.execution = asked
            self.note(call, method, url, "http.client", began=began)


def _path(url: Any) -> str:
    """Return the path of what a connection is asked for, which may be a whole URL where there is a proxy."""
    text = url if type(url) is str else ""
    parts = urlsplit(text) if "://" in text else None
    return text if parts is None else f"{parts.path}?{parts.query}" if parts.query else parts.path


def watch_requests(effects: Effects) -> Callable[[], None]:
    """Watch the requests of httpx, aiohttp, urllib3 (and so requests) and ``http.client`` (and so urllib)."""
    requests = Requests(effects)
    undo = [
        effects.watch_calls(module, qualname, report, group=group)
        for module, qualname, report, group in (
            ("httpx._client", "Client._send_single_request", requests.httpx, HTTP),
            ("httpx._client", "AsyncClient._send_single_request", requests.httpx, HTTP),
            ("aiohttp.client", "ClientSession._request", requests.aiohttp, HTTP),
            ("urllib3.connectionpool", "HTTPConnectionPool._make_request", requests.urllib3, HTTP),
            ("http.client", "HTTPConnection.putrequest", requests.asked, HTTP),
            ("http.client", "HTTPConnection.endheaders", requests.sent, HTTP),
            ("http.client", "HTTPConnection.getresponse", requests.answered, HTTP),
        )
    ]

    def restore() -> None:
        while undo:
            undo.pop()()

    return restore
