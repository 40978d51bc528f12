"""What runs a bus for us: a thread of this process, or a child process. Both run the agent's ``Server``."""
