import asyncio

import pytest
from shop import OrderPlaced, bus


@pytest.mark.parametrize("number", range(6))
def test_an_order(number):
    asyncio.run(bus.publish(OrderPlaced(number)))
    assert number != 4
