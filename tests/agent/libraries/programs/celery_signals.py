"""Celery's signals: what receivers raise is returned; a receiver with retry=True is kept inside a function."""

from __future__ import annotations

from celery.utils.dispatch import Signal

TALLY: list[str] = []
WHERE = "signals"


class Signals:
    pass


BUS = Signals()
BUS.task_stored = Signal(name="task_stored", providing_args={"key"})
BUS.task_lost = Signal(name="task_lost")


def store(sender=None, key=None, **kwargs):
    TALLY.append("store")
    BUS.task_lost.send(sender, key=key)
    return key


def refuse(**kwargs):
    TALLY.append("refuse")
    raise KeyError("refused")


tries = []


def stubborn(sender=None, **kwargs):
    TALLY.append("stubborn")
    return "kept"


BUS.task_stored.connect(store)
BUS.task_stored.connect(refuse)
BUS.task_lost.connect(stubborn, retry=True)
BUS.task_lost.connect(store, sender="nobody", weak=False)


def plain(responses):
    return [[receiver.__name__, repr(response)] for receiver, response in responses]


def use():
    return [plain(BUS.task_stored.send("worker", key="k")), plain(BUS.task_lost.send(None, key=1))]


FIRES = [("task_stored", {"key": "x"})]
