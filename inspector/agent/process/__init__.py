"""The child process: how it starts, loads a project, talks to its parent and ends."""
