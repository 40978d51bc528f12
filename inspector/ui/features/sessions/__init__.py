"""Recorded sessions: opened, renamed, deleted, exported, imported."""
