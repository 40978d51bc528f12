"""Makes a copy of itself that goes on as if it were the original."""

import os

from homemade import make_bus

bus = make_bus()

os.fork()
