"""lato: commands, events, modules, injected dependencies, handlers that publish in turn."""

from __future__ import annotations

from lato import Application, ApplicationModule, Command, Event, TransactionContext

TALLY: list[str] = []
WHERE = "app"


class PlaceOrder(Command):
    item: str


class OrderPlaced(Event):
    item: str
    amount: int = 1


class Counted(Event):
    pass


BUS = Application("shop", clock="noon")
stock = ApplicationModule("stock")


@BUS.handler(PlaceOrder)
def place(command: PlaceOrder, ctx: TransactionContext, clock):
    TALLY.append(f"place at {clock}")
    ctx.publish(OrderPlaced(item=command.item))
    return command.item


@stock.handler(OrderPlaced)
def reserve(event: OrderPlaced):
    TALLY.append("reserve")
    return "reserved"


@stock.handler(OrderPlaced)
def refuse(event: OrderPlaced):
    TALLY.append("refuse")
    if event.item == "bad":
        raise ValueError("refused")
    return "not refused"


@BUS.handler(Counted)
async def count(event: Counted):
    TALLY.append("count")
    return 7


@BUS.handler("tidy")
def tidy(shelf: int, clock):
    TALLY.append(f"tidy at {clock}")
    return shelf


BUS.include_submodule(stock)


async def use():
    results = [BUS.execute(PlaceOrder(item="pen"))]
    try:
        BUS.execute(PlaceOrder(item="bad"))
    except ValueError as error:
        results.append(str(error))
    results.append([repr(value) for value in BUS.publish(OrderPlaced(item="cup")).values()])
    results.append([repr(value) for value in (await BUS.publish_async(Counted())).values()])
    with BUS.transaction_context() as transaction:
        results.append([repr(value) for value in transaction.publish("tidy", shelf=2).values()])
    return results


FIRES = [("PlaceOrder", {"item": "fork"}), ("Counted", {}), ("OrderPlaced", {"item": "bad"}), ("tidy", {"shelf": 3})]
