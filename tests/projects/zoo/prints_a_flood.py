"""Prints 30 MB while it is imported."""

from homemade import make_bus

bus = make_bus()
for _ in range(300):
    print("x" * 100_000)
