"""A project of the person's own: opened, watched, reloaded."""
