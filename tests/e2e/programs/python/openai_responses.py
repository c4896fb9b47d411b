import openai

client = openai.OpenAI()
question = {"model": "m", "input": "Is the proxy there?"}
events = client.responses.create(**question, stream=True)
print("".join(event.delta for event in events if event.type == "response.output_text.delta"))
print(client.responses.create(**question).output_text)
