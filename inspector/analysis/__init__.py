"""What is computed from a run: journal, filter, latency, failure groups, timeline. No Qt, no SQL."""
