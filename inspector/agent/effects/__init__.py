"""Effects: what handlers do to the world, told as notes of the execution that did it."""
