"""The panels at the sides: the catalog at the left; event, fire, execution and causality at the right."""
