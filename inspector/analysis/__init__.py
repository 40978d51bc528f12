"""What is computed from a run: journal and columns, filter, latency, failure groups, timeline. No Qt, no SQL."""
