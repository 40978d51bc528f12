import asyncio
import multiprocessing
import sys

from shop import OrderPlaced, bus


def work(number):
    asyncio.run(bus.publish(OrderPlaced(number)))
    return number


if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[1])
    with context.Pool(2) as pool:
        print(sorted(pool.map(work, range(6))))
    process = context.Process(target=work, args=(7,))
    process.start()
    process.join()
    print(process.exitcode)
