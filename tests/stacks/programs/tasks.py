import asyncio
from pathlib import Path

from celery import Celery
from shop import OrderPlaced, bus

app = Celery("tasks")
Path("queue").mkdir(exist_ok=True)
app.conf.update(
    broker_url="filesystem://",
    broker_transport_options={"data_folder_in": "queue", "data_folder_out": "queue", "control_folder": "queue"},
    worker_hijack_root_logger=False,
)


@app.task
def place(number):
    asyncio.run(bus.publish(OrderPlaced(number)))
