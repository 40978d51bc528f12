"""Sessions in SQLite, and the files that they go to and come from. Importing this package loads nothing heavy."""
