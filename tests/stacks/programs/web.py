from fastapi import FastAPI
from shop import OrderPlaced, bus

app = FastAPI()


@app.get("/order/{number}")
async def order(number: int):
    await bus.publish(OrderPlaced(number))
    return {"number": number}
