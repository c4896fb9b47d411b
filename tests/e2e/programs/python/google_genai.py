import io

from google import genai

client = genai.Client()
question = {"model": "gemini-2.5-flash", "contents": "Is the proxy there?"}
print("".join(part.text for part in client.models.generate_content_stream(**question)))
print(client.models.generate_content(**question).text)
