"""An event type: its place, its fields, who listens, how it went."""
