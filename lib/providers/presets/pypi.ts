import { pip } from "../clients/pip.ts";
import type { Provider } from "../provider.ts";

export const pypi: Provider = {
  name: "pypi",
  title: "an index of Python packages",
  hostExample: "pypi.example.com",
  routes: [{
    fields: { path: "/pypi/", upstream: "https://{host}", auth_scheme: "Basic", token_env: "PYPI_LOGIN" },
    clients: [pip],
    calls: ["/simple"],
    proof: { path: "/simple/", refused: [401, 403] },
  }],
  secrets: [{ variable: "PYPI_LOGIN", what: "USER:PASSWORD of the index" }],
  sources: [
    "https://pip.pypa.io/en/stable/topics/authentication/",
    "https://packaging.python.org/en/latest/specifications/simple-repository-api/",
  ],
};
