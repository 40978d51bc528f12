"""What ``failing`` does, handler by handler and name by name, and nothing goes wrong."""
