"""Can be imported."""

value = 1
