"""Forgets every module."""

import sys

sys.modules.clear()
raise ValueError("nothing is left")
