import pytest

from inspector.store.naming import is_automatic, short_name, telling_name

TIME = "2026-11-29 19:21:04"


@pytest.mark.parametrize(
    ("name", "first", "expected"),
    [
        (TIME, "OrderPlaced", "shop · OrderPlaced"),
        (TIME, "", "shop · 19:21"),
        (f"{TIME} conform", "OrderPlaced", "conform"),
        ("release candidate", "OrderPlaced", "release candidate"),
        (f"before {TIME}", "", f"before {TIME}"),
        ("", "", ""),
    ],
)
def test_a_name_that_nobody_gave_gives_way_to_what_tells_more(name, first, expected):
    assert telling_name(name, "shop", first) == expected
    assert is_automatic(name) == (expected != name)


@pytest.mark.parametrize(
    ("name", "program", "expected"),
    [
        (TIME, "shop", "shop · 19:21"),
        (f"{TIME} uvicorn shop:app --workers 3", "shop", "shop · 19:21"),
        (f"{TIME} uvicorn shop:app", "", "19:21"),
        ("release candidate", "shop", "release candidate"),
    ],
)
def test_beside_its_command_a_session_is_called_by_program_and_time(name, program, expected):
    assert short_name(name, program) == expected
