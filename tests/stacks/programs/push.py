import os

import redis

redis.Redis(port=int(os.environ["REDIS_PORT"])).rpush("orders", *range(6))
