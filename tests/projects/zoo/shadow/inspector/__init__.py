"""A package of the same name as the inspector's own."""

VERSION = "theirs"
