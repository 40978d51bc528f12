"""The tap: what records a bus that is not ours."""
