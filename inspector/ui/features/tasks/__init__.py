"""All tasks of the live program, and the await chain of a handler that still runs."""
