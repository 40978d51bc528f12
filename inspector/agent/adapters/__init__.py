"""Adapters: each teaches us one kind of bus. None imports the library it is about."""
