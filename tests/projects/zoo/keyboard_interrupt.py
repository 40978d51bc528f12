"""Interrupts itself."""

raise KeyboardInterrupt
