"""Campaigns that try to make the inspector lose or misstate what was recorded: ``make torture N=…``."""
