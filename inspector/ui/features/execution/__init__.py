"""One execution: what happened, why it failed, its payload."""
