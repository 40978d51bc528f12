"""Switches off what tells of crashes."""

import faulthandler

from homemade import make_bus

bus = make_bus()

faulthandler.disable()
