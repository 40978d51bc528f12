"""The orders' own tests."""

from __future__ import annotations

import copy
import inspect
import pickle
import sys
import traceback
import unittest

from orders.messages import Allocate, Allocated, Discontinue, OutOfStock, PriceChanged

from orders import wiring


class OrdersTest(unittest.TestCase):
    def setUp(self) -> None:
        wiring.STOCK.clear()
        wiring.STOCK.update(chair=2, table=1)
        wiring.JOURNAL.clear()
        wiring.bus.errors.clear()

    def test_a_command_gives_its_result_and_makes_its_event(self) -> None:
        self.assertEqual(wiring.bus.handle(Allocate("o1", "chair", 2)), "batch for o1")
        self.assertEqual(
            wiring.JOURNAL, ["all:Allocated", "log:Allocated", "mail:Allocated", "sms:Allocated", "share:5"]
        )

    def test_a_command_raises_what_its_handler_raised(self) -> None:
        try:
            wiring.bus.handle(Allocate("o1", "chair", 5))
        except LookupError as error:
            self.assertEqual(str(error), "not enough chair")
            names = [frame.name for frame in traceback.extract_tb(error.__traceback__)]
            self.assertEqual(names[-1], "allocate")
            if sys.version_info >= (3, 11):
                own = "test_a_command_raises_what_its_handler_raised"
                self.assertEqual(names, [own, "handle", "handle_command", "allocate"])
        else:
            self.fail("it did not raise")
        self.assertEqual(wiring.JOURNAL, ["all:OutOfStock", "log:OutOfStock", "buy:chair", "mail:OutOfStock"])

    def test_an_unknown_article_is_a_key_error(self) -> None:
        with self.assertRaises(KeyError):
            wiring.bus.handle(Discontinue("lamp"))

    def test_an_event_goes_to_the_handlers_of_its_bases_too(self) -> None:
        self.assertEqual(wiring.bus.handle(OutOfStock("table")), 4)

    def test_a_handler_that_fails_is_passed_over(self) -> None:
        self.assertEqual(wiring.bus.handle(Allocated("o", "chair", 0)), 5)
        self.assertEqual(wiring.bus.errors, ["ZeroDivisionError: integer division or modulo by zero"])

    def test_a_tuple_of_handlers_is_as_good_as_a_list(self) -> None:
        self.assertEqual(wiring.bus.handle(PriceChanged("chair", 500)), 1)
        self.assertEqual(wiring.JOURNAL, ["price:500"])
        self.assertIsInstance(wiring.EVENT_HANDLERS[PriceChanged], tuple)

    def test_handlers_can_be_looked_up_and_taken_out(self) -> None:
        handlers = wiring.EVENT_HANDLERS[Allocated]
        place = handlers.index(wiring.count_units)
        handlers.remove(wiring.count_units)
        self.assertNotIn(wiring.count_units, handlers)
        handlers.insert(place, wiring.count_units)
        self.assertIn(wiring.count_units, handlers)

    def test_handlers_look_like_what_they_are(self) -> None:
        handler = wiring.COMMAND_HANDLERS[Allocate]
        self.assertEqual(
            (handler.__name__, handler.__qualname__, handler.__module__), ("allocate",) * 2 + ("orders.wiring",)
        )
        self.assertEqual(handler.__doc__, "Take it out of the stock.")
        self.assertEqual(str(inspect.signature(handler)), "(command: 'Allocate') -> 'str'")
        self.assertFalse(inspect.iscoroutinefunction(handler))
        self.assertTrue(inspect.isfunction(handler))
        self.assertEqual(handler, wiring.allocate)
        self.assertEqual({handler: 1}[wiring.allocate], 1)
        self.assertEqual(wiring.EVENT_HANDLERS[Allocated][0].keywords, {"channel": "mail"})
        self.assertEqual(repr(handler), repr(wiring.allocate))

    def test_handlers_can_be_copied_and_pickled(self) -> None:
        handler = wiring.COMMAND_HANDLERS[Allocate]
        self.assertEqual(copy.deepcopy(wiring.COMMAND_HANDLERS), wiring.COMMAND_HANDLERS)
        self.assertEqual(pickle.loads(pickle.dumps(handler)), wiring.allocate)
