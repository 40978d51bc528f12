"""Takes all the memory there is."""

hoard = []
while True:
    hoard.append(bytearray(64 * 1024 * 1024))
