"""The tasks' own tests."""

from __future__ import annotations

import json
import unittest
from datetime import datetime, timezone
from decimal import Decimal

from tasks.events import InvoiceCreated, InvoicePaid, ReminderDue

from tasks import queue


class TasksTest(unittest.TestCase):
    def setUp(self) -> None:
        for each in (queue.WAITING, queue.BOOKS, queue.FAILED):
            each.clear()

    def test_publish_only_writes(self) -> None:
        self.assertEqual(queue.publish(InvoiceCreated(1, "Ann")), 1)
        self.assertEqual(queue.BOOKS, [])
        self.assertEqual(
            json.loads(queue.WAITING[0]), {"name": "invoice.created", "data": {"number": 1, "customer": "Ann"}}
        )

    def test_the_worker_calls_the_handlers_in_order(self) -> None:
        queue.publish(InvoiceCreated(1, "Ann"))
        self.assertEqual(queue.work(), 1)
        self.assertEqual(queue.BOOKS, ["invoice 1 Ann"])
        self.assertEqual(queue.work(), 1)
        self.assertEqual(queue.BOOKS[1:], ["paid 1 5.0"])
        self.assertEqual(queue.work(), 0)

    def test_a_handler_that_fails_is_noted(self) -> None:
        queue.publish(ReminderDue(500, datetime(2024, 1, 1, tzinfo=timezone.utc)))
        queue.publish(ReminderDue(5, datetime(2024, 1, 1, tzinfo=timezone.utc)))
        queue.work()
        self.assertEqual((queue.FAILED, queue.BOOKS), (["reminder.due: LookupError"], ["remind 5 2024"]))

    def test_an_amount_arrives_as_a_float(self) -> None:
        queue.publish(InvoicePaid(3, Decimal("1.50")))
        queue.work()
        self.assertEqual(queue.BOOKS, ["paid 3 1.5"])

    def test_handlers_are_themselves(self) -> None:
        self.assertEqual(queue.HANDLERS["invoice.paid"], [queue.book])
        self.assertEqual(queue.HANDLERS["invoice.paid"][0].__name__, "book")
        self.assertEqual(queue.publish.__name__, "publish")
