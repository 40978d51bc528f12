"""A command that runs by itself, and its reader."""
