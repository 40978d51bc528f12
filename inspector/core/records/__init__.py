"""What happened, as data: records of a run and of its host, the recorder, streams, failures."""
