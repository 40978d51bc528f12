"""Widgets that know nothing of events: text, buttons, tables, fields, the theme."""
