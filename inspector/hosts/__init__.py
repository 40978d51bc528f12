"""What runs a bus for us: a thread of this process, later a child process. Both run the same engine."""
