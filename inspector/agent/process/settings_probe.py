"""Which setting was missing? Read from the exception with which a program gave up while it was being loaded."""

from __future__ import annotations

import os
import re
from types import TracebackType
from typing import Any, Final

#: Exceptions of settings libraries whose text names the variable first: decouple, environs, starlette, django-environ.
_TELLING: Final = frozenset({"UndefinedValueError", "EnvError", "EnvValidationError", "ImproperlyConfigured"})
_NAME: Final = re.compile(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b|\b[A-Z]{3,}[A-Z0-9]*\b")
_ABSENT: Final = re.compile(
    r"not set|unset|missing|not found|not defined|undefined|must be set|is required|required|must be provided|no value",
    re.IGNORECASE,
)
_ABOUT_SETTINGS: Final = re.compile(r"environment|env\b|variable|setting|config|\.env", re.IGNORECASE)
#: Words in capitals that are no variables.
_WORDS: Final = frozenset({"ENV", "NOT", "SET", "URL", "HTTP", "HTTPS", "JSON", "API", "SQL", "ERROR", "MUST", "TLS"})
_DEPTH: Final = 6
_LONGEST: Final = 4_000


def missing_settings(error: BaseException) -> tuple[str, ...]:
    """Give the environment variables whose absence the exception (or what led to it) is about; mostly there are none.

    Known are ``os.environ["NAME"]``, pydantic settings (1 and 2), the exceptions of decouple, environs and
    django-environ, starlette's ``Config``, and texts like ``DATABASE_URL is not set``.
    """
    current: BaseException | None = error
    for _ in range(_DEPTH):
        if current is None:
            break
        found = _from_environ(current) or _from_model(current)
        if found:
            return found
        current = current.__cause__ or current.__context__
    return _from_text(error)


def _from_environ(error: BaseException) -> tuple[str, ...]:
    """``os.environ["NAME"]``: a KeyError raised in the standard library's own ``os``; or starlette's Config."""
    if not isinstance(error, KeyError) or len(error.args) != 1 or type(error.args[0]) is not str:
        return ()
    innermost = _innermost(error.__traceback__)
    if innermost is None:
        return ()
    file = innermost.tb_frame.f_code.co_filename
    if file in (os.__file__, "<frozen os>"):
        return (error.args[0],)
    starlette = re.match(r"Config '(\w+)' is missing", error.args[0])
    return (starlette[1],) if starlette else ()


def _innermost(traceback: TracebackType | None) -> TracebackType | None:
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    return traceback


def _from_model(error: BaseException) -> tuple[str, ...]:
    """A validation error of pydantic about fields that are missing, raised while a settings class was made."""
    if type(error).__name__ != "ValidationError":
        return ()
    model = getattr(error, "model", None) or _settings_class(error.__traceback__)
    if model is None or not any(base.__name__ == "BaseSettings" for base in getattr(model, "__mro__", ())):
        return ()
    missing = [entry for entry in error.errors() if str(entry.get("type")) in ("missing", "value_error.missing")]  # type: ignore[attr-defined]
    return tuple(_variable(model, str(entry["loc"][0])) for entry in missing if entry.get("loc"))


def _settings_class(traceback: TracebackType | None) -> type | None:
    while traceback is not None:
        variables = traceback.tb_frame.f_locals
        for name in ("__pydantic_self__", "self"):
            owner = type(variables.get(name))
            if any(base.__name__ == "BaseSettings" for base in owner.__mro__):
                return owner
        traceback = traceback.tb_next
    return None


def _variable(model: Any, field: str) -> str:
    """Give the name of the variable from which a settings class reads a field."""
    old = getattr(model, "__fields__", {}) if not hasattr(model, "model_config") else {}
    if field in old:  # pydantic 1 has worked the names out
        names = sorted(old[field].field_info.extra.get("env_names", ()))
        return str(names[0]).upper() if names else field.upper()
    config = getattr(model, "model_config", {})
    fields = getattr(model, "model_fields", {})
    prefix = str(config.get("env_prefix") or "") if field in fields else ""  # an alias stands without the prefix
    return (prefix + field).upper()


def _from_text(error: BaseException) -> tuple[str, ...]:
    try:
        text = str(error)[:_LONGEST]
    except BaseException:  # noqa: BLE001 - the text of a stranger's exception may do anything; there is none then
        return ()
    telling = type(error).__name__ in _TELLING
    if not telling and not (_ABSENT.search(text) and (_ABOUT_SETTINGS.search(text) or "_" in text)):
        return ()
    if isinstance(error, (ImportError, SyntaxError, NameError, AttributeError, TypeError)):
        return ()
    return tuple(dict.fromkeys(name for name in _NAME.findall(text) if name not in _WORDS))
