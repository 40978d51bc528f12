"""The Help menu: documentation, log, version."""
