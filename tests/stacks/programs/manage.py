import sys

from django.conf import settings
from django.core.management import execute_from_command_line
from django.dispatch import Signal, receiver
from django.http import JsonResponse
from django.urls import path

settings.configure(DEBUG=True, ROOT_URLCONF="manage", SECRET_KEY="x", ALLOWED_HOSTS=["*"], USE_TZ=True)
placed = Signal()


@receiver(placed)
def note(sender, **values):
    from shop import count

    count("note", "ok")


@receiver(placed)
async def weigh(sender, **values):
    from shop import count

    count("weigh", "ok")


def order(request, number):
    placed.send_robust("shop", number=number)
    return JsonResponse({})


urlpatterns = [path("order/<int:number>", order)]
if __name__ == "__main__":
    sys.modules["manage"] = sys.modules["__main__"]
    execute_from_command_line(sys.argv)
