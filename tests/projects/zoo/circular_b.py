"""Imports what imports it."""

from circular_a import first

second = first
