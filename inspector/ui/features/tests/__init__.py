"""The tests that ran while a program was recorded, and what failed in handlers meanwhile."""
