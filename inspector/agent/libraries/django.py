"""Django's signals."""

from __future__ import annotations

from .base import LibraryAdapter
from .signals import DispatchConnection


class DjangoConnection(DispatchConnection):
    """One signal of Django's."""

    module = "django.dispatch.dispatcher"


class DjangoAdapter(LibraryAdapter):
    """Recognises Django's signals."""

    name = "django"
    library = "Django signal"
    classes = ("django.dispatch.dispatcher:Signal",)
    connection = DjangoConnection
