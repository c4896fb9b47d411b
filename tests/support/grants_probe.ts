/**
 * A program that checks its own grants, for tests that start it under one set of flags after the other.
 *
 * Arguments: the required grants as JSON, and `listen` or nothing. It prints one line per problem. With `listen` it then
 * listens at the first entry of `net`, gives back what a service can whose operator's listener has port 9100 of the same
 * address, prints what is left, and ends after two requests. With `reload`, the next arguments are a table and the folder
 * for refresh tokens, and it prints what a service that gets this table is missing.
 *
 * @module
 */

import { parseRoutes } from "../../lib/config/route/route_table.ts";
import { parseSettings } from "../../lib/config/settings/settings.ts";
import { checkGrants, missingGrants, revokeAfterStart } from "../../lib/permissions/grants.ts";
import { valueOf } from "./result.ts";

const required = JSON.parse(Deno.args[0] ?? "");
for (const { path, code, message } of await checkGrants(required)) {
  console.log(`${path}: ${code}: ${message}`);
}

if (Deno.args[1] === "listen") {
  let requests = 0;
  const [bind, port] = required.net[0].split(":");
  const server = Deno.serve(
    { hostname: bind, port: Number(port), onListen: () => {} },
    () => {
      // The runtime writes down what was executed only if the process ends by itself.
      if (++requests === 2) server.shutdown();
      return new Response("served");
    },
  );
  const admin = { host: bind, port: 9100 };
  await revokeAfterStart({ bind, port: Number(port), socket: undefined, admin });
  for (const item of required.net) {
    console.log(`${item} ${(await Deno.permissions.query({ name: "net", host: item })).state}`);
  }
  for (const item of required.env) {
    console.log(`${item} ${(await Deno.permissions.query({ name: "env", variable: item })).state}`);
  }
  console.error(server.addr.port);
  await server.finished;
}

if (Deno.args[1] === "reload") {
  const table = valueOf(parseRoutes(Deno.args[2] ?? ""));
  const settings = valueOf(parseSettings((name) => name === "CRED_PROXY_STATE" ? Deno.args[3] : undefined));
  for (const { path, code, message } of await missingGrants(settings, table)) {
    console.log(`${path}: ${code}: ${message}`);
  }
}
