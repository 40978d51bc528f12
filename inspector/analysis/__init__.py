"""What a run means: columns, latency, failure groups. numpy and arithmetic, no Qt and no SQL."""
