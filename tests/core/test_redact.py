"""Secrets are hidden, the rest is left alone, and no text takes long."""

from __future__ import annotations

import dataclasses
import random
import re
import string
from typing import Any

import pytest

from inspector.core.redact.marked import marked_fields
from inspector.core.redact.names import secret_kind
from inspector.core.redact.redactor import Redactor
from inspector.core.values.snapshot import Codec
from tests.patience import quickest

MARK = re.compile(r"<redacted:[a-z_]+#[0-9a-f]{4}>")
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcDEF_123-x"


@pytest.mark.parametrize(
    "name",
    [
        "password", "old_password", "passwordHash", "token", "reset_token", "verification_token", "accessTokens",
        "secret", "clientSecret", "authorization", "Authorization", "auth_header", "cookie", "Set-Cookie", "api_key",
        "apiKey", "X-API-Key", "APIKEY", "card", "card_number", "creditCardNumber", "iban", "ssn", "cvv", "pin",
        "private_key", "credentials", "remaining_tokens",
    ],
)  # fmt: skip
def test_a_secret_name_hides_the_whole_value(name: str) -> None:
    redactor = Redactor(b"key")
    assert MARK.fullmatch(redactor.value(name, "hunter2"))
    assert MARK.fullmatch(redactor.value(name, b"hunter2"))


@pytest.mark.parametrize(
    "name",
    [
        "token_version", "tokenType", "password_policy", "card_brand", "auth_method", "author", "pinned", "shipping",
        "tokenizer", "discard", "user_id", "email", "reason", "secretary", "cookies_enabled", "",
    ],
)  # fmt: skip
def test_words_count_not_letters(name: str) -> None:
    assert secret_kind(name) == ""
    assert Redactor(b"key").value(name, "plain") == "plain"


@pytest.mark.parametrize("value", [3, 2.5, True, None, ("a",)])
def test_only_texts_and_bytes_are_secrets(value: Any) -> None:
    assert Redactor(b"key").value("remaining_tokens", value) is value


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f"got {JWT}. bye", JWT),
        ("Authorization: Bearer abc123def456", "abc123def456"),
        ("authorization: Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
        ("x -----BEGIN RSA PRIVATE KEY-----\nMIIabc\n-----END RSA PRIVATE KEY----- y", "MIIabc"),
        ("-----BEGIN PRIVATE KEY-----\nMIIabc", "MIIabc"),
        ("key AKIAIOSFODNN7EXAMPLE!", "AKIAIOSFODNN7EXAMPLE"),
        ("postgres://user:p@ss@host:5432/db", "p@ss"),
        ("paid with 4111 1111 1111 1111.", "4111 1111 1111 1111"),
        ("card=4111111111111111", "4111111111111111"),
        ("{'password': 'hunter2', 'user': 'x'}", "hunter2"),
        ('{"api_key": "k-1"}', "k-1"),
        ("User(name='x', password='hunter2')", "hunter2"),
        ("https://h/x?token=abcd1234&y=2", "abcd1234"),
        ("ValueError: error: token=abc", "abc"),
        ("Cookie: sid=abc123", "abc123"),
        ("ghp_" + "a1" * 18, "a1a1"),
    ],
)
def test_a_secret_is_seen_by_its_look_inside_any_text(text: str, secret: str) -> None:
    shown = Redactor(b"key").redact_text(text)
    assert secret not in shown
    assert MARK.search(shown)
    assert Redactor(b"key").value("reason", text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "invalid token: expired", "basic training", "a@b.com", "4111111111111112", "1700000000000000000",
        "2026-01-31T09:30:00+00:00", "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "https://host/path?q=1", "key: value",
        "password: None", "eyJ.a.b", "ratio 3.14159265358979", "",
    ],
)  # fmt: skip
def test_ordinary_texts_are_left_alone(text: str) -> None:
    assert Redactor(b"key").redact_text(text) == text


def test_emails_are_hidden_only_when_asked() -> None:
    assert Redactor(b"key").redact_text("to ada@example.org") == "to ada@example.org"
    assert MARK.search(Redactor(b"key", emails=True).redact_text("to ada@example.org"))


def test_equal_secrets_look_equal_within_a_session_and_not_across() -> None:
    redactor = Redactor()
    assert redactor.value("token", "a" * 20) == redactor.value("other_token", "a" * 20)
    marks = {Redactor().value("token", "a" * 20) for _ in range(40)}
    assert len(marks) > 1


def test_what_is_hidden_stays_as_it_is() -> None:
    redactor = Redactor(b"key")
    once = redactor.redact_text("password='hunter2'")
    assert MARK.search(once)
    assert "hunter2" not in redactor.redact_text(once)


def test_a_lone_surrogate_can_be_a_secret() -> None:
    assert MARK.fullmatch(Redactor(b"key").value("password", "\ud800"))


def test_a_thousand_canaries_none_survives() -> None:
    rng = random.Random(7)
    redactor = Redactor()
    names = ["password", "api_key", "resetToken", "client_secret", "authorization"]
    forms = ["{n}={c}", "{{'{n}': '{c}'}}", '{{"{n}": "{c}"}}', "https://h/p?{n}={c}&z=1", "E({n}='{c}')"]
    for _ in range(1000):
        canary = "".join(rng.choices(string.ascii_letters + string.digits, k=24))
        name, form = rng.choice(names), rng.choice(forms)
        assert canary not in redactor.redact_text("before " + form.format(n=name, c=canary) + " after")
        assert canary not in redactor.value(name, canary)


CRAFTED = [
    "eyJ", "eyJaaaaa.", "eyJaaaaa.eyJ", "bearer ", "basic aaaaaaa ", "4 ", "4", "4-", "://", "://a:", "a@", "a", "a=",
    "a: ", "a='", "token=", "-----BEGIN ", "-----BEGIN PRIVATE KEY-----", "sk-", "AKIA", "ghp_", "a.", "password: '",
    "password=(", "token:f(", "('a','", "<password>", "<password", "cookie: ", "authorization: ", "--password ",
    "mysql -p", "['mysql', ", "[parameters: (", "Failing row contains (", "(a) VALUES (", "(password) VALUES ('x'",
    "password is ", "SG.", "SG.aaaaaaaaaaaaaaaaaaaa", "pypi-", "1//0", "AQE", "eyJaaaa.", "DE89 ", "GB29NWBK", "4111 ",
    "-----END RSA PRIVATE KEY-----", "?sig=", "://a@", "token={", "token=[", "a-", "%3D", "\\nghp_", "password='\\",
]  # fmt: skip


@pytest.mark.parametrize("part", CRAFTED)
def test_no_crafted_text_takes_more_than_linear_time(part: str) -> None:
    redactor = Redactor(b"key", emails=True)

    def cost(length: int) -> float:
        text = part * (length // len(part))
        return quickest(lambda: redactor.redact_text(text))

    # Eight times the text: linear is 8, quadratic 64. Below some milliseconds the clock says nothing.
    assert cost(32_768) < max(8 * cost(4_096) * 3, 0.005)


def test_a_field_that_a_dataclass_keeps_out_of_its_repr_is_hidden_too() -> None:
    @dataclasses.dataclass(frozen=True)
    class Signed:
        text: str
        seal: str = dataclasses.field(default="wax", repr=False)

    assert marked_fields(Signed) == {"seal"}
    assert "wax" not in Codec(Redactor()).snapshot_fields(Signed("hello"))
