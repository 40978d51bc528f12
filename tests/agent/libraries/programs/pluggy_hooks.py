"""pluggy: specifications, first results, wrappers, historic hooks, order."""

from __future__ import annotations

import pluggy

TALLY: list[str] = []
WHERE = "manager"
spec, impl = pluggy.HookspecMarker("shop"), pluggy.HookimplMarker("shop")


class Specification:
    @spec
    def price_asked(self, item: str, amount: int) -> list:
        """A price is wanted."""

    @spec(firstresult=True)
    def clerk_called(self, name):
        pass

    @spec(historic=True)
    def shop_opened(self, hour):
        pass


class First:
    @impl
    def price_asked(self, item):
        TALLY.append("First.price_asked")
        return 1

    @impl(tryfirst=True)
    def clerk_called(self, name):
        TALLY.append("First.clerk_called")
        return name if name == "Ann" else None


class Second:
    @impl(hookwrapper=True)
    def price_asked(self, item, amount):
        TALLY.append("Second.price_asked")
        outcome = yield
        outcome.force_result([*outcome.get_result(), amount])

    @impl
    def clerk_called(self, name):
        TALLY.append("Second.clerk_called")
        if name == "Eve":
            raise LookupError(name)
        return "nobody"

    @impl
    def shop_opened(self, hour):
        TALLY.append("Second.shop_opened")


BUS = pluggy.PluginManager("shop")
BUS.add_hookspecs(Specification)
BUS.register(First())
BUS.register(Second())


class Late:
    @impl
    def shop_opened(self, hour):
        TALLY.append("Late.shop_opened")


def use():
    results = [BUS.hook.price_asked(item="pen", amount=2)]
    results += [BUS.hook.clerk_called(name=name) for name in ("Ann", "Bob")]
    try:
        BUS.hook.clerk_called(name="Eve")
    except LookupError as error:
        results.append(str(error))
    BUS.hook.shop_opened.call_historic(kwargs={"hour": 8})
    late = Late()
    BUS.register(late)
    BUS.unregister(late)
    return results


TWICE = False
FIRES = [("price_asked", {"item": "cup", "amount": 3}), ("clerk_called", {"name": "Ann"})]
