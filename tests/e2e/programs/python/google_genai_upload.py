import io
import os

from google import genai

# By itself it sends no key with the file's content.
headers = {"x-goog-api-key": os.environ["GEMINI_API_KEY"]}
client = genai.Client(http_options={"client_args": {"headers": headers}})
file = client.files.upload(file=io.BytesIO(b"x" * 300_000), config={"mime_type": "text/plain"})
print(file.name, file.size_bytes)
