import os

from slack_sdk import WebClient

client: WebClient = eval(os.environ["CLIENT"])
print(client.auth_test()["user"])
print(client.chat_postMessage(channel="C1", text="Is the proxy there?")["message"]["text"])
print([each["name"] for page in client.conversations_list() for each in page["channels"]])
