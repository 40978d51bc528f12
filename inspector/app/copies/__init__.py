"""What is copied of an execution: a test that repeats it, a report, its event as Python."""
