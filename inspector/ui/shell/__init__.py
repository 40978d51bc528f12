"""The frame of the window: bar, docks, palette, filter, notices, status bar."""
