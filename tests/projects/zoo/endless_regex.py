"""Never ends, inside C code."""

import re

re.match("(a+)+$", "a" * 64 + "b")
