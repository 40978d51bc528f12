"""Output: what the program prints."""
