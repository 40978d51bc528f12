"""What a check of the demo leaves out, in the form of ``[tool.inspector.check]``, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_GIVEN: Final = "The reference documents fix this name"

CHECK: Final[Mapping[str, Any]] = {
    "ignore": [
        {
            "rule": "EV102",
            "event": "FileImportProgress",
            "reason": f"{_GIVEN}: it tells how far an import has come, many times in one workflow.",
        },
        {
            "rule": "EV102",
            "event": "SessionProviderAccessEvent",
            "reason": f"{_GIVEN}: it tells that a session reached into a provider's data.",
        },
        {
            "rule": "EV102",
            "event": "SuspiciousSessionActivityEvent",
            "reason": f"{_GIVEN}: it tells that a session behaved unlike its user.",
        },
        {
            "rule": "EV103",
            "event": "SessionRevokedEvent",
            "reason": f"{_GIVEN}: it is the outcome of the workflow session_revocation.",
        },
        {
            "rule": "EV103",
            "event": "AllSessionsRevokedEvent",
            "reason": f"{_GIVEN}: it is the outcome of the workflow all_sessions_revocation.",
        },
        {
            "rule": "EV601",
            "event": "*",
            "reason": "The demo has no application: people publish its events from the window and the command line.",
        },
    ],
}
