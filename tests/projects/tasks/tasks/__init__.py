"""Events that travel as JSON through a task queue."""
