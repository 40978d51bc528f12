"""Raises what no except Exception catches."""

raise GeneratorExit
