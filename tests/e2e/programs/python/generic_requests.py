import hashlib
import os

import requests

BYTES = os.urandom(300_000)
URL = os.environ["URL"]
session = requests.Session()
session.headers["Authorization"] = "Bearer " + os.environ["KEY"]
print(session.get(URL + "/user").json()["login"], session.get(URL + "/moved").json()["login"])
pieces = (BYTES[at : at + 10_000] for at in range(0, len(BYTES), 10_000))
print(session.put(URL + "/upload", data=pieces).text == hashlib.sha256(BYTES).hexdigest())
with session.get(URL + "/events", stream=True) as response:
    print(sum(line.startswith(b"data: ") for line in response.iter_lines()))
