"""Working with a catalog's description: synthetic values, field texts. No Qt, no SQL, no user code."""
