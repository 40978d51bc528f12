"""Is not UTF-8."""

name = "Käse"
