"""The window: a frame, a folder for each feature, and the widgets of both, which only show and ask."""
