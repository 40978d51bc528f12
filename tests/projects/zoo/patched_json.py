"""Replaces json for everybody."""

import json

from homemade import make_bus

bus = make_bus()

json.dumps = lambda *args, **kwargs: b"broken"
json.loads = None
json.JSONEncoder.default = None
