"""What the audit trail can say."""

from enum import Enum


class AuditAction(Enum):
    """Actions of the audit trail."""

    ORDER_PLACED = "order_placed"
    TAX_FILED = "tax_filed"
    COUPON_REDEEMED = "coupon_redeemed"
