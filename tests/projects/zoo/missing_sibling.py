"""Imports a module that its own package does not have."""

import package.absent
