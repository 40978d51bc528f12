"""The processes of the program: those that live, those that ended, and those that do not report."""
