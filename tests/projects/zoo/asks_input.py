"""Asks a person."""

input("Password: ")
