"""Buses known by their class, a module for each library."""
