"""Working with the description of a catalog: field texts, forms, synthetic values, search, findings, conformance."""
