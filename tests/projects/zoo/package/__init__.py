"""A package that lacks a module, and has one that cannot be imported."""
