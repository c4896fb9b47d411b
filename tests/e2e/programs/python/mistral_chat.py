import os

from mistralai.client import Mistral

client = Mistral(api_key=os.environ["OPENAI_API_KEY"], server_url=os.environ["OPENAI_BASE_URL"].removesuffix("/v1"))
question = {"model": "m", "messages": [{"role": "user", "content": "Is the proxy there?"}]}
print("".join(event.data.choices[0].delta.content or "" for event in client.chat.stream(**question)))
print(client.chat.complete(**question).choices[0].message.content)
