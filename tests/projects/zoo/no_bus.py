"""Has nothing that could be a bus."""

bus = 42
