import io

from google import genai

client = genai.Client()
file = client.files.upload(file=io.BytesIO(b"x" * 300_000), config={"mime_type": "text/plain"})
print(file.name, file.size_bytes)
