"""What clients are told."""

# ruff: noqa: C408

from enum import Enum

from inspector.core.bus.sse import DomainToSSEMapping, SSEEventMetadata, SSERegistry

from corrected_shop import events as e


class Told(Enum):
    """Types of server-sent events."""

    ORDER_PLACED = "order.placed"
    ORDER_FAILED = "order.failed"
    ROBOT_REPAIRED = "robot.repaired"
    PRICE_CHANGED = "price.changed"
    CART_FILLED = "cart.filled"


class Topic(Enum):
    """For filters."""

    SHOP = "shop"


def _price(event):
    return {"price_id": event.event_id}


def _user(_event):
    return None


SSE_REGISTRY = SSERegistry(
    [
        SSEEventMetadata(Told.ORDER_PLACED, Topic.SHOP, "An order was taken.", ["order_id", "total"]),
        SSEEventMetadata(Told.ORDER_FAILED, Topic.SHOP, "An order was turned down.", ["order_id"]),
        SSEEventMetadata(Told.ROBOT_REPAIRED, Topic.SHOP, "The robot works again.", []),
        SSEEventMetadata(Told.PRICE_CHANGED, Topic.SHOP, "A price changed.", ["price_id"]),
        SSEEventMetadata(Told.CART_FILLED, Topic.SHOP, "A cart was filled.", ["cart_id"]),
    ],
    [
        DomainToSSEMapping(
            e.OrderPlacementSucceeded,
            Told.ORDER_PLACED,
            lambda event: {"order_id": event.order_id, "total": 0},
            _user,
        ),
        DomainToSSEMapping(
            e.OrderPlacementFailed, Told.ORDER_FAILED, lambda event: dict(order_id=event.order_id), _user
        ),
        DomainToSSEMapping(
            e.RobotRepaired,
            Told.ROBOT_REPAIRED,
            lambda event: {},
            _user,
        ),
        DomainToSSEMapping(e.PriceChanged, Told.PRICE_CHANGED, _price, _user),
        DomainToSSEMapping(e.CartFilled, Told.CART_FILLED, lambda event: {"cart_id": event.cart_id}, _user),
    ],
)
