import asyncio

import openai

MESSAGES = [{"role": "user", "content": "Is the proxy there?"}]


async def ask(client: openai.AsyncOpenAI) -> str:
    stream = await client.chat.completions.create(model="m", messages=MESSAGES, stream=True)
    return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])


async def main() -> None:
    async with openai.AsyncOpenAI() as client:
        for text in await asyncio.gather(ask(client), ask(client), ask(client)):
            print(text)


asyncio.run(main())
