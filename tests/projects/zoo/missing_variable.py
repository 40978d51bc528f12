"""Reads a setting that nobody has given."""

import os

URL = os.environ["ZOO_DATABASE_URL"]
