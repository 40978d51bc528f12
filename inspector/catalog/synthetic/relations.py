"""Fields that depend on each other: balances and their difference, versions in order, parts of a whole."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from inspector.catalog.synthetic.guess import SyntheticScene
    from inspector.core.description import FieldShape

_NUMBERS: Final = frozenset({"int", "float", "decimal"})
_BEFORE: Final = ("previous_", "old_", "prior_")
_AFTER: Final = ("new_", "current_", "updated_")
_DIFFERENCE: Final = ("delta", "change", "difference")
_PART: Final = (
    "processed",
    "completed",
    "imported",
    "failed",
    "skipped",
    "succeeded",
    "created",
    "updated",
    "deactivated",
)


def relate(values: dict[str, Any], fields: Sequence[FieldShape], scene: SyntheticScene) -> None:
    """Make the numbers agree with each other, in place."""
    kinds = {shape.name: shape.type.kind for shape in fields if shape.type.kind in _NUMBERS}
    numbers = {name: kind for name, kind in kinds.items() if values.get(name) is not None}
    _pairs(values, numbers, scene)
    _parts(values, numbers)
    _percent(values, numbers)


def _pairs(values: dict[str, Any], kinds: dict[str, str], scene: SyntheticScene) -> None:
    for before, kind in kinds.items():
        prefix = next((word for word in _BEFORE if before.startswith(word)), None)
        if prefix is None:
            continue
        subject = before.removeprefix(prefix)
        after = next((word + subject for word in _AFTER if kinds.get(word + subject) == kind), None)
        if after is None:
            continue
        step = _step(values[before], kind, subject, scene)
        values[after] = _plain(_number(values[before]) + step, kind)
        for name in (*(f"{subject}_{word}" for word in _DIFFERENCE), *_DIFFERENCE):
            if name in kinds:
                values[name] = _plain(step, kinds[name])


def _step(before: Any, kind: str, subject: str, scene: SyntheticScene) -> Decimal:
    """Return how much something grew: versions by one, amounts by a few percent up or down."""
    if "version" in subject:
        return Decimal(1)
    share = Decimal(scene.rng.randint(-40, 60)) / 1000 or Decimal("0.012")
    step = _number(before) * share
    if kind == "int":
        return Decimal(int(step) or 1)
    return step.quantize(Decimal("0.01"))


def _parts(values: dict[str, Any], kinds: dict[str, str]) -> None:
    """Keep what was processed of a whole below the whole."""
    whole = next((name for name, kind in kinds.items() if kind == "int" and _is_whole(name)), None)
    if whole is None:
        return
    parts = [name for name in kinds if kinds[name] == "int" and name != whole and set(name.split("_")) & set(_PART)]
    left = values[whole]
    for name in parts:
        values[name] = min(values[name], left)
        left -= values[name]


def _is_whole(name: str) -> bool:
    return name.startswith("total_") or name in ("total", "holdings_count")


def _percent(values: dict[str, Any], kinds: dict[str, str]) -> None:
    """Let a percentage say what the numbers beside it say."""
    percent = next((name for name in kinds if name.endswith("percent")), None)
    total = next((name for name in kinds if name.startswith("total_") and kinds[name] == "int"), None)
    done = next((name for name in kinds if {"processed", "completed"} & set(name.split("_"))), None)
    if percent and total and done and percent != done and values[total]:
        share = Decimal(values[done]) * 100 / Decimal(values[total])
        values[percent] = _plain(Decimal(int(share)), kinds[percent])


def _number(value: Any) -> Decimal:
    return Decimal(str(value))


def _plain(value: Decimal, kind: str) -> Any:
    """Return a number as the JSON of its kind."""
    if kind == "int":
        return int(value)
    return float(value) if kind == "float" else str(value.quantize(Decimal("0.01")))
