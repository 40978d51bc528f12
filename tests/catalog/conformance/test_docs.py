"""The documentation tells what the program does."""

import sys
from pathlib import Path
from types import ModuleType

from inspector.catalog.conformance.rules import RULES
from tests.agent.test_effects import Watched

TEXT = (Path(__file__).parents[3] / "docs" / "conformance.md").read_text(encoding="utf-8")


def test_every_rule_is_documented_with_its_severity_and_reason():
    rows = [line for line in TEXT.splitlines() if line.startswith("| CF")]
    assert rows == [
        f"| {rule.code} | {rule.title} | {rule.name} | {rule.severity} | {rule.explanation} |" for rule in RULES
    ]


def test_codes_and_names_are_given_once():
    assert (
        len({rule.code for rule in RULES})
        == len({rule.name for rule in RULES})
        == len({rule.title for rule in RULES})
        == len(RULES)
    )
    assert [rule.code for rule in RULES] == sorted(rule.code for rule in RULES)


async def test_the_probe_that_is_shown_works(monkeypatch):
    begin = TEXT.index("```python") + len("```python")
    namespace, vendor = {}, ModuleType("vendor.client")
    exec(TEXT[begin : TEXT.index("```", begin)], namespace)
    exec("class SmsClient:\n    def send(self, to, text):\n        return to", vendor.__dict__)
    monkeypatch.setitem(sys.modules, vendor.__name__, vendor)
    before = vendor.SmsClient.send
    here = Watched(tuple(namespace["__inspector_probes__"]))

    async def handler(_):
        vendor.SmsClient().send(to="1", text="hello")

    (note,) = await here.run(handler)
    here.undo()
    assert (note.kind, note.text) == ("sms", "sms to 1")
    assert note.data["took"] > 0
    assert vendor.SmsClient.send == before
