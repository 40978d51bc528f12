"""What happened, as data: records, the recorder, streams, failures."""
