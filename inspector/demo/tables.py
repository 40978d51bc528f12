"""The tables of the demo's database. Only what uses the database imports them, and SQLAlchemy with them."""

from __future__ import annotations

from sqlalchemy import String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """The tables of the demo."""


class AuditRecord(Base):
    """One line of the audit trail.

    Attributes:
        action: Value of an ``AuditAction``.
        user_id: Whom it is about, None when nobody is known.
        resource_type: What it is about: ``user``, ``session``, …
        context: The event's other fields as JSON text, without secrets.
        ip_address: From the metadata of the publication.
        user_agent: From the metadata of the publication.
        occurred_at: When it happened, ISO 8601, UTC.
        recorded_at: When the row was made, ISO 8601, UTC.
    """

    __tablename__ = "audit_log"

    id: Mapped[int] = mapped_column(primary_key=True)
    action: Mapped[str] = mapped_column(String(64), index=True)
    event_id: Mapped[str] = mapped_column(String(36))
    correlation_id: Mapped[str] = mapped_column(String(36))
    user_id: Mapped[str | None] = mapped_column(String(36), index=True)
    resource_type: Mapped[str] = mapped_column(String(32))
    context: Mapped[str] = mapped_column(Text)
    ip_address: Mapped[str | None] = mapped_column(String(45))
    user_agent: Mapped[str | None] = mapped_column(Text)
    occurred_at: Mapped[str] = mapped_column(String(32))
    recorded_at: Mapped[str] = mapped_column(String(32))
