"""Starts threads that never end."""

import threading

from homemade import make_bus

bus = make_bus()

threading.Thread(target=threading.Event().wait, name="for ever").start()
