"""What runs a bus for us: a thread of this process, or a child process with a project. Both run a ``Server``."""
