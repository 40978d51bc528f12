"""Latency per handler and event type: figures and charts."""
