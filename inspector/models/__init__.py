"""From the journal to Qt: item models and shared selection. QtCore only."""
