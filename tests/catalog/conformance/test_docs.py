"""The documentation tells what the program does."""

from pathlib import Path

from inspector.catalog.conformance.rules import RULES

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


def test_the_probe_that_is_shown_works():
    begin = TEXT.index("```python") + len("```python")
    namespace = {}

    class Gateway:
        def send(self, number, text):
            return None

    class Effects:
        told = []

        def tell(self, *arguments, **more):
            self.told.append((arguments, more))

    gateway = namespace["gateway"] = Gateway()
    exec(TEXT[begin : TEXT.index("```", begin)], namespace)
    (probe,) = namespace["__inspector_probes__"]
    before = gateway.send
    undo = probe(Effects())
    gateway.send("1", "hello")
    assert Effects.told == [(("sms", "sms to 1", {"to": "1"}), {"content": "hello"})]
    undo()
    assert gateway.send == before
