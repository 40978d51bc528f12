"""Imports a package that nobody has."""

import not_installed_anywhere
