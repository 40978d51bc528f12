"""The window: widgets only show and ask."""
