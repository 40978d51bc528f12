"""Commands that are run in the window."""
