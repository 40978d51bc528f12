from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from inspector.ui.kit import pacing
from inspector.ui.kit.pacing import FRAME, PacedTimer


def test_frames_are_handed_out_one_after_the_other_and_none_is_saved(monkeypatch):
    now = 100.0
    monkeypatch.setattr(pacing, "monotonic", lambda: now)
    frames = pacing._Frames()
    step = round(1e3 * FRAME)
    assert [frames.take() for _ in range(3)] == [0, step, 2 * step]
    now += 10
    assert [frames.take() for _ in range(2)] == [0, step]


def test_two_that_are_due_together_come_one_after_the_other(qtbot: QtBot) -> None:
    owner, taken = QObject(), []
    first, second = PacedTimer(owner), PacedTimer(owner)
    first.timeout.connect(lambda: taken.append(("first", second.isActive())))
    second.timeout.connect(lambda: taken.append(("second", first.isActive())))
    first.start()
    second.start()
    qtbot.waitUntil(lambda: len(taken) == 2)
    assert taken == [("first", True), ("second", False)]


def test_one_that_waits_for_its_frame_can_be_stopped_and_begun_anew(qtbot: QtBot) -> None:
    owner, taken = QObject(), []
    other, timer = PacedTimer(owner), PacedTimer(owner)
    timer.timeout.connect(lambda: taken.append("timer"))
    other.timeout.connect(timer.stop)
    other.start()
    timer.start()
    with qtbot.waitSignal(other.timeout):
        pass
    assert not timer.isActive()
    timer.start(1)
    qtbot.waitUntil(lambda: taken == ["timer"])
    assert not timer.isActive()


def test_one_that_is_due_again_and_again_is_so_until_it_is_stopped(qtbot: QtBot) -> None:
    owner, taken = QObject(), []
    timer = PacedTimer(owner, 1, single_shot=False)
    timer.timeout.connect(lambda: taken.append(timer.isActive()))
    timer.start()
    qtbot.waitUntil(lambda: len(taken) >= 3)
    timer.stop()
    assert all(taken)
    assert not timer.isActive()
