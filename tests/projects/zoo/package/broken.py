"""Cannot be imported."""

raise ValueError("broken on purpose")
