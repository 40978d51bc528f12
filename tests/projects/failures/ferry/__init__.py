"""A ferry company: ``failing`` fails or loses something in every handler, ``sound`` does the same and all goes well."""
