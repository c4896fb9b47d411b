import os

from notion_client import Client
from notion_client.helpers import iterate_paginated_api

client: Client = eval(os.environ["CLIENT"])
print(client.users.me()["name"])
print([page["id"] for page in iterate_paginated_api(client.search, query="proxy")])
