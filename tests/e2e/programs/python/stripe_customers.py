import os

import stripe

client: stripe.StripeClient = eval(os.environ["CLIENT"])
print([customer.id for customer in client.v1.customers.list().auto_paging_iter()])
print(client.v1.customers.create({"name": "proxied"}).name)
