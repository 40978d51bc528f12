"""Runs a notebook in a kernel: the bus is the module's, a handler is written in a cell."""

import nbformat
from nbclient import NotebookClient

cells = [
    "from shop import OrderPlaced, bus, count",
    "async def note(event):\n    count('note', 'ok')\nbus.subscribe(OrderPlaced, note)",
    "for number in range(4):\n    await bus.publish(OrderPlaced(number))",
    "print('done')",
]
notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
NotebookClient(notebook, kernel_name="python3", timeout=60).execute()
print("".join(output["text"] for output in notebook.cells[-1]["outputs"]))
