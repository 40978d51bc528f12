"""Replaces what asyncio is made of."""

import asyncio

from homemade import make_bus

bus = make_bus()

asyncio.Event = asyncio.wait = asyncio.wait_for = asyncio.sleep = None
asyncio.create_task = asyncio.get_running_loop = None
