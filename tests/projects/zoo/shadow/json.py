"""Has the name of a module of the standard library."""

raise ValueError("the wrong json was imported")
