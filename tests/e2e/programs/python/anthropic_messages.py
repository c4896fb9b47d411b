import anthropic

client = anthropic.Anthropic()
question = {
    "model": "m",
    "max_tokens": 99,
    "messages": [{"role": "user", "content": "Is the proxy there?"}],
}
with client.messages.stream(**question) as stream:
    print(stream.get_final_text())
print(client.messages.create(**question).content[0].text)
