"""What a person prefers: editor, default timeout, time window, number format, theme."""
