"""What is asked for reaches the bus as it was asked for, over the wire too."""

from __future__ import annotations

import json
from types import MappingProxyType

from inspector.catalog.form import FireForm
from inspector.core.request import TIMEOUT, FireRequest


def test_a_request_survives_the_wire() -> None:
    values = (MappingProxyType({"number": 1, "tags": ["a"]}), {})
    metadata = MappingProxyType({"ip": "192.0.2.1"})
    request = FireRequest("Placed", values, session=False, metadata=metadata, timeout=None, optional=("tags",))
    read = FireRequest(**json.loads(json.dumps(request.numbered(7).to_json())))
    assert read == FireRequest(
        "Placed",
        [{"number": 1, "tags": ["a"]}, {}],
        session=False,
        metadata={"ip": "192.0.2.1"},
        timeout=None,
        optional=["tags"],
        fire=7,
    )


def test_who_asks_for_an_event_alone_asks_for_one_publication_with_a_session() -> None:
    request = FireRequest("Placed")
    assert (request.values, request.session, request.rollback, request.timeout) == (({},), True, False, TIMEOUT)


def test_a_form_asks_for_its_values_as_often_as_it_says() -> None:
    form = FireForm("Placed", {"number": 1}, session=False, metadata={"a": "b"}, timeout=1.0, count=3)
    assert form.request() == FireRequest("Placed", [{"number": 1}] * 3, session=False, metadata={"a": "b"}, timeout=1.0)
