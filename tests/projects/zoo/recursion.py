"""Calls itself for ever."""

def again():
    return again() + 1


again()
