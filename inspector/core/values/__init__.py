"""Values: simple types, payloads as JSON text and back, the fields of a class as data."""
