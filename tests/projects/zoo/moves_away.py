"""Goes somewhere else and forgets where modules are."""

import os
import sys

from homemade import make_bus

bus = make_bus()

os.chdir("/")
sys.path[:] = []
