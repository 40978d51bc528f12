"""The command line: the same engine as the window, no display needed."""
