"""Why this one and not the others: a failed execution beside one that passed."""
