"""Faults on purpose: the rules that are set up, what they hit, and the form that makes one."""
