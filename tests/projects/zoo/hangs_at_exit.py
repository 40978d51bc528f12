"""Never ends its end."""

import atexit
import threading

from homemade import make_bus

bus = make_bus()

atexit.register(threading.Event().wait)
