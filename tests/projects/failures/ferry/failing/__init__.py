"""Every handler fails, or loses something. What is to be seen of it stands at its line.

A comment ``seen`` with status and exception is at the line that the inspector names for an execution that does not end
well, a comment ``lost`` with kind and reason at the place of a loss, or above it. What only newer Pythons show has
``(3.12)`` behind it, what only the older one shows ``(3.11)``.
"""
