"""No secret of the table is left, and the ordinary names and texts are."""

from __future__ import annotations

import base64
import json

import pytest

from inspector.core.redact.redactor import PrintedLines, Redactor
from inspector.core.values.snapshot import Codec
from tests.core.secret_table import named_secrets, ordinary_names, ordinary_texts, secret_texts
from tests.patience import quickest

#: Of the ordinary ones, so many may be hidden.
FEW = 3


def forms(name: str, value: str) -> list[str]:
    """Write a name and its value as programs do."""
    return [
        f"{name}={value}",
        f"{{'{name}': '{value}'}}",
        json.dumps({name: value}, ensure_ascii=False),
        f"E({name}='{value}', x=1)",
    ]


def test_the_table_has_hundreds_of_each() -> None:
    assert len(secret_texts()) + len(named_secrets()) >= 300
    assert len(ordinary_texts()) + len(ordinary_names()) >= 300


def test_no_secret_is_left_in_any_text() -> None:
    redactor = Redactor(b"key")
    for seed in range(5):
        left = [text for text, secret in secret_texts(seed) if secret in redactor.redact_text(text)]
        assert left == []


def test_no_secret_is_left_under_any_name() -> None:
    redactor, codec = Redactor(b"key"), Codec(Redactor(b"key"))
    for name, value in named_secrets():
        assert value not in redactor.value(name, value), name
        assert value not in codec.snapshot({name: value, "inner": {"list": [{name: [value]}]}}), name
        assert value not in codec.snapshot([(name, value), (name.encode(), value.encode())]), name
        assert [text for text in forms(name, value) if value in redactor.redact_text(text)] == []


def test_no_secret_is_left_in_a_payload() -> None:
    codec = Codec(Redactor(b"key"))
    for text, secret in secret_texts():
        shown = codec.snapshot({"note": text, "deep": [{"text": (text,)}]})
        assert json.dumps(secret)[1:-1] not in shown
        assert secret not in shown


def by_lines(text: str) -> str:
    """Return what is shown of a text that is printed line by line."""
    lines = PrintedLines(Redactor(b"key"))
    return "\n".join(map(lines.redact, text.split("\n")))


def test_no_secret_is_left_that_is_printed_line_by_line() -> None:
    # The end of a key comes too late to tell what the line before was.
    texts = [(text, secret) for text, secret in secret_texts() if not text.startswith("pem end only")]
    assert [text for text, secret in texts if secret in by_lines(text)] == []


def test_ordinary_names_and_texts_stay() -> None:
    redactor = Redactor(b"key")
    hidden = [name for name in ordinary_names() if redactor.value(name, "plain") != "plain"]
    hidden += [text for text in ordinary_texts() if redactor.redact_text(text) != text]
    assert len(hidden) <= FEW, hidden
    assert len([text for text in ordinary_texts() if by_lines(text) != text]) <= FEW


def test_what_is_hidden_is_the_same_when_it_is_read_again() -> None:
    redactor = Redactor(b"key")
    for text, _ in secret_texts():
        once = redactor.redact_text(text)
        assert redactor.redact_text(once) == once


LONG = "Lq7" * 5_000


@pytest.mark.parametrize(
    "form",
    [
        "password={0}", "password='{0}'", "{{'password': '{0}'}}", "('password', '{0}')", "<password>{0}</password>",
        "--password {0}", "the password is {0}", "{{'name': 'DB_PASSWORD', 'value': '{0}'}}", "secrets=['{0}']",
        "INSERT INTO t (a, password) VALUES (1, '{0}')", "INSERT INTO t (password) VALUES ('{0}", "cookie: {0}",
        "https://h/x?sig={0}", "Bearer {0}", "password='{0}", "token=f({0})", "[parameters: ('{0}')]",
    ],
)  # fmt: skip
def test_no_rest_of_a_long_secret_is_left(form: str) -> None:
    shown = Redactor(b"key").redact_text("a " + form.format(LONG))
    assert "Lq7Lq7" not in shown


def test_a_value_on_the_line_after_its_name_is_hidden_as_it_is_printed() -> None:
    lines = PrintedLines(Redactor(b"key"))
    printed = [lines.redact(line) for line in ("password:", "Zq8vT3xRk9Lm2PwY", "done")]
    assert printed[0] == "password:"
    assert "Zq8v" not in printed[1]
    assert printed[2] == "done"


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_a_value_from_a_column_of_secrets_is_hidden_when_it_is_printed_again(separator: str) -> None:
    lines = PrintedLines(Redactor(b"key"))
    rows = [("id", "token", "total"), ("7", "joQ2WpGh5s5cV07Py4a9", "9.90"), ("8", "short", "3.50")]
    printed = [lines.redact(separator.join(row)) for row in rows]
    assert "joQ2" not in printed[1]
    assert lines.peek("8 and kT5mWq2Zx9Lr3Bv7") == "8 and kT5mWq2Zx9Lr3Bv7"
    assert "joQ2" not in lines.redact("sent 7 joQ2WpGh5s5cV07Py4a9, 9.90 to ada")
    assert lines.redact("that was short") == "that was short"


@pytest.mark.parametrize(
    "printed",
    [
        ("password:", "Zq8vT3xRk9Lm2PwY"),
        ("- name: DB_PASSWORD", "  value: Zq8vT3xRk9Lm2PwY"),
        (
            "password",
            "  String should be longer [type=string_too_short, input_value='Zq8vT3xRk9Lm2PwY', input_type=str]",
        ),
    ],
)
def test_what_only_the_line_before_has_told_is_hidden_when_it_is_printed_again(printed: tuple[str, str]) -> None:
    lines = PrintedLines(Redactor(b"key"))
    assert "Zq8v" not in "".join(map(lines.redact, printed))
    assert "Zq8v" not in lines.redact("it was Zq8vT3xRk9Lm2PwY before")


def test_only_the_latest_values_of_columns_are_remembered() -> None:
    lines = PrintedLines(Redactor(b"key"))
    lines.redact("id,token")
    values = [f"joQ2WpGh5s5cV07P{number:04}" for number in range(100)]
    for number, value in enumerate(values):
        lines.redact(f"{number},{value}")
    lines.redact("done")
    shown = [lines.redact(f"see {value} here") for value in values]
    assert [value in text for value, text in zip(values, shown, strict=True)] == [True] * 36 + [False] * 64


@pytest.mark.parametrize("secret", ["ghp_" + "a1B2" * 9, '{"password": "hunter2!"}', "postgres://ada:hunter2@db/shop"])
def test_base64_of_a_secret_is_hidden(secret: str) -> None:
    encoded = base64.b64encode(secret.encode()).decode()
    assert encoded[:20] not in Redactor(b"key").redact_text(f"blob {encoded} end")


def test_rows_of_a_table_are_hidden_as_they_are_printed_until_it_ends() -> None:
    rows = ["id,login,password", "7,ada,hunter2", '8,bob,"a, b"', "done", "9,eve,shown"]
    shown = by_lines("\n".join(rows)).split("\n")
    assert shown[0] == rows[0]
    assert "hunter2" not in shown[1]
    assert "a, b" not in shown[2]
    assert shown[3:] == rows[3:]


def test_a_header_behind_a_table_of_as_many_columns_begins_another() -> None:
    rows = ["id,login,password", "7,ada,hunter2", "login,api_key,note", "bob,hunter3,x", "eve,hunter4,y"]
    for shown in (by_lines("\n".join(rows)), Redactor(b"key").redact_text("\n".join(rows))):
        assert [word for word in ("hunter2", "hunter3", "hunter4") if word in shown] == []


def test_a_command_of_redis_in_a_list_hides_its_password() -> None:
    codec = Codec(Redactor(b"key"))
    commands = "AUTH s3cret", "AUTH ada s3cret", "CONFIG SET requirepass s3cret", "ACL SETUSER ada on >s3cret +@all"
    for words in [*map(str.split, commands), ("HELLO", 3, "AUTH", "ada", "s3cret")]:
        shown = codec.snapshot(words)
        assert "s3cret" not in shown
        assert ("ada" in words) == ("ada" in shown)
    assert codec.snapshot(["CONFIG", "GET", "maxmemory"]) == '["CONFIG","GET","maxmemory"]'


HOSTILE = {
    "addresses": "x" * 50_000 + "code=abcdefgh1",
    "header": "token," * 8_000 + "\n" + "x," * 8_000,
    "headers": "token,a\n" * 5_000,
    "quotes": 'token,"' * 6_000 + "\n" + 'a,"' * 6_000,
    "names": "name: token\n" * 5_000,
    "slashes": "name: token" + "\\" * 40_000 + "n",
    "machines": "machine a " * 5_000 + "password",
    "verbs": "AUTH a " * 6_000,
    "users": "SETUSER >" * 5_000,
    "colons": "a:5432:b:c:" * 4_000,
    "codes": "verification code " * 4_000 + "1234",
    "parameters": "code=abcdefgh1&" * 4_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_text_takes_long(name: str) -> None:
    text, redactor = HOSTILE[name], Redactor(b"key")

    half = quickest(lambda: redactor.redact_text(text[: len(text) // 2]))
    assert quickest(lambda: redactor.redact_text(text)) < 5 * half + 0.1


@pytest.mark.parametrize("form", ["password → {0}", "- name: DB_PASSWORD\n  value: {0}", 'name="password"\n\n{0}\n--x'])
def test_what_stands_beside_its_name_in_one_text_is_hidden(form: str) -> None:
    assert "Zq8v" not in Redactor(b"key").redact_text(form.format("Zq8vT3xRk9Lm2PwY"))
