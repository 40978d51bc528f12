"""Makes warnings errors, and hooks into everything."""

import sys
import threading
import warnings

from homemade import make_bus

bus = make_bus()

warnings.simplefilter("error")
sys.excepthook = threading.excepthook = sys.exit
sys.setswitchinterval(5)
