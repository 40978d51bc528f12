"""The bus and what it rests on: events, registry, wiring, server-sent events."""
