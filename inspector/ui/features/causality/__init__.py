"""What led to what: event, handler, event."""
