"""Imports a name that is not there."""

from collections import does_not_exist
