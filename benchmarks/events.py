"""Server-sent events over Redis pub/sub, for comparison with asking (docs/adr/0008). An RSGI application; no part of the site."""

from __future__ import annotations

import asyncio
import os
from typing import Any

import redis.asyncio as redis

HEARTBEAT_SECONDS = 15.0
HEADERS = [("content-type", "text/event-stream"), ("cache-control", "no-store")]


class Events:
    """Each connection waits on one future, which a publish resolves for all of them."""

    def __init__(self) -> None:
        self.news: asyncio.Future[bytes] | None = None
        self.listener: asyncio.Task[None] | None = None

    async def listen(self) -> None:
        async with redis.Redis.from_url(os.environ["REDIS_URL"]).pubsub() as channel:
            await channel.subscribe("thread")
            async for message in channel.listen():
                if message["type"] == "message" and self.news is not None:
                    told, self.news = self.news, asyncio.get_running_loop().create_future()
                    told.set_result(message["data"])

    async def __rsgi__(self, _scope: Any, protocol: Any) -> None:
        if self.listener is None:
            self.news = asyncio.get_running_loop().create_future()
            self.listener = asyncio.create_task(self.listen())
        stream = protocol.response_stream(200, HEADERS)
        await stream.send_bytes(b": open\n\n")
        while self.news is not None:
            try:
                data = await asyncio.wait_for(asyncio.shield(self.news), HEARTBEAT_SECONDS)
            except TimeoutError:
                await stream.send_bytes(b": still here\n\n")
            else:
                await stream.send_bytes(b"data: " + data + b"\n\n")


application = Events()
