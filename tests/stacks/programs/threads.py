import threading

from blinker import signal
from shop import count

placed = signal("placed")


@placed.connect
def note(sender, **values):
    count("note", "ok")


@placed.connect
def weigh(sender, **values):
    count("weigh", "ok")


def work():
    for number in range(5):
        placed.send("shop", number=number)


threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print("done")
