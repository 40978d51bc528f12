"""Replaces what everybody needs."""

import builtins


def broken(*_arguments: object, **_options: object) -> None:
    raise RuntimeError("patched")


bus: dict[type, list[object]] = {}
builtins.dict = broken  # type: ignore
