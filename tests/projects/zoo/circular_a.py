"""Imports what imports it."""

from circular_b import second

first = second
