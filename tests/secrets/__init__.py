"""Every secret of the table in a real program, and the search for it wherever something is kept or shown."""
