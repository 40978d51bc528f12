"""What of a program's events is not recorded, in words."""

from __future__ import annotations

import pytest

from inspector.analysis.processes import ProcessEntry, Processes
from inspector.app.missing import missing_sentence, missing_text, share_text
from inspector.core.records.host import ProcessLeft, PublicationsSkipped

COUNTED, DROPPED = "70 events only counted", "1 event dropped"


@pytest.mark.parametrize(
    ("skipped", "ended", "text", "share", "sentence"),
    [
        ((1, 0, 0), False, "", "all", ""),
        ((8, 70, 0), False, "1 in 8", "1 in 8", f"Not recorded: {COUNTED}."),
        ((1, 70, 0), False, "70 only counted", "all · 70 counted", f"Not recorded: {COUNTED}."),
        ((8, 0, 1), False, "1 in 8 · 1 dropped", "1 in 8 · 1 dropped", f"Not recorded: {DROPPED}."),
        ((8, 70, 1), True, "70 only counted · 1 dropped", "1 in 8 · 1 dropped", f"Not recorded: {COUNTED}, {DROPPED}."),
    ],
)
def test_it_says_what_is_left_out(
    skipped: tuple[int, int, int], ended: bool, text: str, share: str, sentence: str
) -> None:
    processes = Processes()
    processes.take(PublicationsSkipped(1, 1, *skipped))
    if ended:
        processes.take(ProcessLeft(2, 1, 7, 0, "Ended."))
    assert missing_text(processes) == text
    assert share_text(processes.by_number[1]) == share
    assert missing_sentence(processes) == sentence
    assert share_text(ProcessEntry(2)) == "all"
