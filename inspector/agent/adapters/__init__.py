"""What an adapter to one kind of bus is; those that we bring are in ``reading`` and ``libraries``."""
