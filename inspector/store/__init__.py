"""Sessions in SQLite, and the files they are exported to. Importing this package loads nothing heavy."""
