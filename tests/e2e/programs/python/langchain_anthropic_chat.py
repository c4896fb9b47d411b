from langchain_anthropic import ChatAnthropic

model = ChatAnthropic(model="claude-sonnet-4-5")
print("".join(chunk.text for chunk in model.stream("Is the proxy there?")))
print(model.invoke("Is the proxy there?").text)
