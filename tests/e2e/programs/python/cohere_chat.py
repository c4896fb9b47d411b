import os

import cohere

client = cohere.ClientV2(api_key=os.environ["KEY"], base_url=os.environ["URL"])
message = {"role": "user", "content": "Is the proxy there?"}
print(client.chat(model="m", messages=[message]).message.content[0].text)
