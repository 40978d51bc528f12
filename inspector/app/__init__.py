"""What the program can do, without a window: workbench, projects, commands, notices, exports, settings."""
