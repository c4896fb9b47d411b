import hashlib
import os

import httpx

BYTES = os.urandom(300_000)
headers = {"Authorization": "Bearer " + os.environ["KEY"]}
with httpx.Client(base_url=os.environ["URL"], headers=headers, follow_redirects=True) as client:
    print(client.get("/user").json()["login"], client.get("/moved").json()["login"])
    pieces = (BYTES[at : at + 10_000] for at in range(0, len(BYTES), 10_000))
    print(client.put("/upload", content=pieces).text == hashlib.sha256(BYTES).hexdigest())
    with client.stream("GET", "/events") as response:
        print(sum(line.startswith("data: ") for line in response.iter_lines()))
