import sys

from aiohttp import web
from shop import OrderPlaced, bus


async def order(request):
    await bus.publish(OrderPlaced(int(request.match_info["number"])))
    return web.json_response({})


app = web.Application()
app.router.add_get("/order/{number}", order)
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None)
