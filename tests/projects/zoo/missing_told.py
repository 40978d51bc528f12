"""Says itself which setting is missing."""

import os

token = os.getenv("ZOO_API_TOKEN")
if token is None:
    raise RuntimeError("ZOO_API_TOKEN is not set")
