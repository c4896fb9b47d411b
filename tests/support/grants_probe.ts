/**
 * A program that checks its own grants, for tests that start it under one set of flags after the other.
 *
 * Arguments: the required grants as JSON, and `listen` or nothing. It prints one line per problem. With `listen` it then
 * listens at the first entry of `net`, gives back what it can, and prints what is left.
 *
 * @module
 */

import { checkGrants, revokeAfterStart } from "../../lib/permissions/grants.ts";

const required = JSON.parse(Deno.args[0] ?? "");
for (const { path, code, message } of await checkGrants(required)) {
  console.log(`${path}: ${code}: ${message}`);
}

if (Deno.args[1] === "listen") {
  const [bind, port] = required.net[0].split(":");
  const server = Deno.serve(
    { hostname: bind, port: Number(port), onListen: () => {} },
    () => new Response("served"),
  );
  await revokeAfterStart({ bind, port: Number(port), socket: undefined, admin: undefined });
  for (const item of required.net) {
    console.log(`${item} ${(await Deno.permissions.query({ name: "net", host: item })).state}`);
  }
  for (const item of required.env) {
    console.log(`${item} ${(await Deno.permissions.query({ name: "env", variable: item })).state}`);
  }
  console.error(server.addr.port);
  await server.finished;
}
