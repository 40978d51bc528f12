"""Ignores every signal that can be ignored."""

import signal

from homemade import make_bus

bus = make_bus()

for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD}:
    signal.signal(number, signal.SIG_IGN)
