/**
 * A proxy of Node's `http-proxy` that does the job of a route: `node http_proxy.mjs PREFIX UPSTREAM CA_FILE PORT`. The
 * package is looked up from the current folder.
 */

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { Agent } from "node:https";
import { createRequire } from "node:module";
import { join } from "node:path";

const [prefix, target, authorities, port] = process.argv.slice(2);
const httpProxy = createRequire(join(process.cwd(), "package.json"))("http-proxy");
const proxy = httpProxy.createProxyServer({
  target,
  agent: new Agent({ keepAlive: true, ca: readFileSync(authorities) }),
  changeOrigin: true,
  headers: { authorization: "Bearer made-up-token-of-the-benchmark-0123456789" },
});
proxy.on("error", (_error, _request, response) => response.destroy());
const server = createServer((request, response) => {
  request.url = request.url.slice(prefix.length - 1);
  proxy.web(request, response);
});
// The clients of the benchmark wait for their turn.
server.keepAliveTimeout = 0;
server.listen(Number(port), "127.0.0.1");
