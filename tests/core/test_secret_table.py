"""No secret of the table is left, and the ordinary names and texts are."""

from __future__ import annotations

import base64
import json

import pytest

from inspector.core.redact.redactor import PrintedLines, Redactor
from inspector.core.values.snapshot import Codec
from tests.core.secret_table import named_secrets, ordinary_names, ordinary_texts, secret_texts

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


def test_no_key_is_left_that_is_printed_line_by_line() -> None:
    for text, secret in secret_texts():
        lines = PrintedLines(Redactor(b"key"))
        if text.startswith(("pem -----BEGIN", "pgp", "putty")):
            assert secret not in "\n".join(map(lines.redact, text.split("\n")))


def test_ordinary_names_and_texts_stay() -> None:
    redactor = Redactor(b"key")
    hidden = [name for name in ordinary_names() if redactor.value(name, "plain") != "plain"]
    hidden += [text for text in ordinary_texts() if redactor.redact_text(text) != text]
    assert len(hidden) <= FEW, hidden


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


@pytest.mark.parametrize("secret", ["ghp_" + "a1B2" * 9, '{"password": "hunter2!"}', "postgres://ada:hunter2@db/shop"])
def test_base64_of_a_secret_is_hidden(secret: str) -> None:
    encoded = base64.b64encode(secret.encode()).decode()
    assert encoded[:20] not in Redactor(b"key").redact_text(f"blob {encoded} end")


@pytest.mark.parametrize("form", ["password → {0}", "- name: DB_PASSWORD\n  value: {0}", 'name="password"\n\n{0}\n--x'])
def test_what_stands_beside_its_name_in_one_text_is_hidden(form: str) -> None:
    assert "Zq8v" not in Redactor(b"key").redact_text(form.format("Zq8vT3xRk9Lm2PwY"))
