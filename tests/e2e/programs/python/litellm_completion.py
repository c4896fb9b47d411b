import litellm

question = {"model": "openai/m", "messages": [{"role": "user", "content": "Is the proxy there?"}]}
stream = litellm.completion(**question, stream=True)
print("".join(chunk.choices[0].delta.content or "" for chunk in stream))
print(litellm.completion(**question).choices[0].message.content)
