"""The till of a shop: ``leaky`` loses something in each of its handlers, ``sound`` does the same and loses nothing."""
