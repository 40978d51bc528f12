"""Starts another process of itself before there is a bus."""

import multiprocessing

from homemade import Bus, make_bus


def work() -> None:
    """Do nothing."""


def get_bus() -> Bus:
    """Give a bus once the other process has ended."""
    process = multiprocessing.get_context("spawn").Process(target=work)
    process.start()
    process.join()
    return make_bus()
