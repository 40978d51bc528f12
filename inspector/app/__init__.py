"""What the program can do, without a window: workbench, commands, notices, settings."""
