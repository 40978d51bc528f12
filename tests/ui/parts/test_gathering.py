from array import array

from PySide6.QtCore import QElapsedTimer
from PySide6.QtWidgets import QWidget

from inspector.analysis.entries import Change
from inspector.ui.parts import gathering as of_gathering
from inspector.ui.parts.gathering import FEW, TURNS, Gathering


def change(execution, publication, ended=()):
    return Change(execution, publication, ended=array("q", ended))


def test_a_few_are_handed_on_at_once_and_a_flood_as_one(qtbot):
    owner, taken = QWidget(), []
    gathering = Gathering(owner, taken.append)
    gathering.add(change(0, 0, [0]), 1)
    assert [one.ended.tolist() for one in taken] == [[0]]
    gathering.add(change(1, 1, [1]), FEW + 5)
    gathering.add(change(90, FEW + 5, [2, 3]), FEW + 6)
    assert len(taken) == 1
    qtbot.waitUntil(lambda: len(taken) == 2)
    assert (taken[1].first_execution, taken[1].first_publication, taken[1].ended.tolist()) == (1, 1, [1, 2, 3])


def test_a_flood_that_comes_a_little_at_a_time_is_a_flood(qtbot):
    owner, taken = QWidget(), []
    gathering = Gathering(owner, taken.append)
    for number in range(FEW):
        gathering.add(change(number, number, [number]), number + 1)
    assert [one.ended.tolist() for one in taken] == [[number] for number in range(TURNS)]
    qtbot.waitUntil(lambda: len(taken) == TURNS + 1)
    assert taken[TURNS].ended.tolist() == list(range(TURNS, FEW))


def test_a_pause_is_longer_where_it_takes_long_to_show_what_came(qtbot, monkeypatch):
    class Slow(QElapsedTimer):
        def elapsed(self):
            return 100

    monkeypatch.setattr(of_gathering, "QElapsedTimer", Slow)
    owner, taken = QWidget(), []
    gathering = Gathering(owner, taken.append, pause=1)
    gathering.add(change(0, 0, [0]), 1)
    qtbot.waitUntil(lambda: not gathering._later.isActive())
    gathering.add(change(1, 1, [1]), 2)
    assert len(taken) == 2
    assert gathering._later._due.interval() == 3 * 8 * 100  # nobody sees the panel


def test_what_is_dropped_never_comes(qtbot):
    owner, taken = QWidget(), []
    gathering = Gathering(owner, taken.append)
    gathering.add(change(0, 0, [0]), FEW + 5)
    gathering.drop()
    gathering.flush()
    assert taken == []
