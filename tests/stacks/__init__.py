"""Real stacks under ``inspector run``: each keeps a tally, which is what was recorded."""
