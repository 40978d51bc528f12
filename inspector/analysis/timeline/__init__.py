"""The timeline without a window: lanes, geometry, what is looked at, executions to pixels."""
