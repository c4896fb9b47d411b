import asyncio
import hashlib
import os

import aiohttp

BYTES = os.urandom(300_000)
URL = os.environ["URL"]


async def pieces():
    for at in range(0, len(BYTES), 10_000):
        yield BYTES[at : at + 10_000]


async def main() -> None:
    headers = {"Authorization": "Bearer " + os.environ["KEY"]}
    async with aiohttp.ClientSession(headers=headers) as session:
        async with session.get(URL + "/user") as user, session.get(URL + "/moved") as moved:
            print((await user.json())["login"], (await moved.json())["login"])
        async with session.put(URL + "/upload", data=pieces()) as response:
            print(await response.text() == hashlib.sha256(BYTES).hexdigest())
        async with session.get(URL + "/events") as response:
            print(sum([line.startswith(b"data: ") async for line in response.content]))


asyncio.run(main())
