"""The log: a row per publication."""
