"""Secrets: by which names and looks they are known, and what stands in their place."""
