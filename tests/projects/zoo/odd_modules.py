"""Puts odd things among the modules."""

import sys
from types import ModuleType

from homemade import make_bus

bus = make_bus()


class Shy(ModuleType):
    """Answers nothing."""

    def __getattr__(self, name):
        raise SystemExit(name)


sys.modules["shy"] = Shy("shy")
sys.modules["no_module"] = 7
sys.modules["file_is_number"] = ModuleType("file_is_number")
sys.modules["file_is_number"].__file__ = 3
