"""The observing tap: what runs is seen while it runs, on Python 3.12 and newer; nothing of the program is replaced."""
