"""Rules for faults, as they are written and read."""

from __future__ import annotations

import json

import pytest

from inspector.core.errors import UsageError
from inspector.core.faults import FaultRule, parse_fault


@pytest.mark.parametrize(
    ("text", "rule", "how"),
    [
        ("Mailer.*=raise", FaultRule("Mailer.*", "*", "fail"), "raise RuntimeError"),
        (
            "Mailer.*=raise:TimeoutError: no answer, at all,every=5",
            FaultRule("Mailer.*", "*", "fail", "TimeoutError: no answer, at all", every=5),
            "raise TimeoutError, every 5",
        ),
        (
            "*=swallow:shop.errors.Declined",
            FaultRule("*", "*", "swallow", "shop.errors.Declined: injected fault"),
            "swallow shop.errors.Declined",
        ),
        (
            "Stock.reserve=delay:0.25s,p=0.1,event=Order*",
            FaultRule("Stock.reserve", "Order*", "slow", delay=0.25, probability=0.1),
            "delay 0.25 s, probability 0.1",
        ),
        ("a=hang", FaultRule("a", "*", "hang"), "hang"),
        (
            "a=cancel,every=2,p=0.5",
            FaultRule("a", "*", "cancel", every=2, probability=0.5),
            "cancel, every 2, probability 0.5",
        ),
        ("a=drop", FaultRule("a", "*", "drop"), "drop"),
    ],
)
def test_a_rule_is_read_and_said_in_words(text: str, rule: FaultRule, how: str) -> None:
    assert parse_fault(text) == rule
    assert rule.how == how
    assert FaultRule(**json.loads(json.dumps(rule.to_json()))) == rule


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Mailer", "Invalid fault"),
        ("=raise", "Invalid fault"),
        ("a=explode", "Unknown fault 'explode'"),
        ("a=drop,every=2.5", "Invalid whole number '2.5'"),
        ("a=drop,every=2,every=3", "every is set twice"),
        ("a=drop,event=", "needs a handler and an event"),
        ("a=drop,n=3", "Unknown fault 'drop,n=3'"),
        ("[z-a]*=drop", "Reversed range [z-a] in '[z-a]*'"),
        ("Mail[a-c9-0]=drop", "Reversed range [9-0]"),
        ("*=drop,event=[!x-b]*", "Reversed range [x-b]"),
        ("a=drop:now", "drop takes no argument"),
        ("a=delay:long", "Invalid delay in seconds 'long'"),
        ("a=delay:-1", "Invalid fault delay: -1"),
        ("a=raise,every=0", "Invalid fault interval: 0"),
        ("a=raise,every=x", "Invalid whole number 'x'"),
        ("a=raise,p=0", "Invalid probability: 0.0"),
        ("a=raise,p=1.5", "Invalid probability: 1.5"),
        ("a=raise,event=", "needs a handler and an event"),
    ],
)
def test_what_is_no_rule_is_refused(text: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_fault(text)
    assert words in caught.value.text


@pytest.mark.parametrize("pattern", ["[a-z]*", "[!a-z]*", "[-a]*", "[a-]*", "a-b", "[", "[]-]*", "z-a[0-9]"])
def test_patterns_that_can_match_are_taken(pattern: str) -> None:
    assert parse_fault(f"{pattern}=drop").handler == pattern
