"""Replaces the import itself."""

import builtins


def refuse(name, *args, **kwargs):
    raise ImportError(f"no {name} today")


builtins.__import__ = refuse
import calendar  # noqa: E402, F401
