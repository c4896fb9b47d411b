import { assertEquals } from "@std/assert";
import { flags, type Grants, requiredGrants, rightCommand } from "../../lib/permissions/permissions.ts";
import { parseRoutes } from "../../lib/config/route/route_table.ts";
import { parseSettings, SETTING_VARIABLES } from "../../lib/config/settings/settings.ts";
import { valueOf } from "../support/result.ts";

function grants(environment: Record<string, string>, ...upstreams: string[]): Grants {
  const settings = parseSettings((name) => environment[name]);
  const table = parseRoutes(JSON.stringify({
    routes: upstreams.map((upstream, index) => ({
      path: `/${index}/`,
      upstream,
      auth_scheme: "",
      token_env: `TOKEN_${index % 2}`,
    })),
  }));
  return requiredGrants(valueOf(settings), valueOf(table));
}

Deno.test("requiredGrants() names the listener and each upstream once", () => {
  const { net } = grants(
    {},
    "https://b.example",
    "https://a.example/v1",
    "https://B.example:443/x",
    "http://[::1]",
  );
  assertEquals(net, ["0.0.0.0:9099", "[::1]:80", "a.example:443", "b.example:443"]);
});

Deno.test("requiredGrants() spells a listener on IPv6 and on port 0", () => {
  assertEquals(grants({ CRED_PROXY_BIND: "::", CRED_PROXY_PORT: "0" }, "http://a").net, ["[::]:0", "a:80"]);
});

Deno.test("requiredGrants() names the egress proxy instead of the upstreams reached through it", () => {
  const environment = { HTTPS_PROXY: "http://me:hunter2@proxy:3128", NO_PROXY: "near.example" };
  const { net } = grants(
    environment,
    "https://a.example",
    "https://b.example",
    "https://near.example",
    "http://c",
  );
  assertEquals(net, ["0.0.0.0:9099", "c:80", "near.example:443", "proxy:3128"]);
});

Deno.test("requiredGrants() reads the table's folder, and the CA file if it lies elsewhere", () => {
  const cases: [table: string, ca: string, read: string[]][] = [
    ["/run/x/routes.json", "", ["/run/x"]],
    ["/run/x/routes.json", "/run/x/ca.pem", ["/run/x"]],
    ["/run/x/routes.json", "/run/x/../ca.pem", ["/run/x", "/run/x/../ca.pem"]],
    ["/run/x/routes.json", "/run/xy/ca.pem", ["/run/x", "/run/xy/ca.pem"]],
    ["routes.json", "ca.pem", ["."]],
    ["routes.json", "/etc/ca.pem", [".", "/etc/ca.pem"]],
  ];
  for (const [table, ca, read] of cases) {
    assertEquals(grants({ CRED_PROXY_ROUTES: table, CRED_PROXY_CA_FILE: ca }, "http://a").read, read);
  }
});

Deno.test("requiredGrants() names the Unix socket, to create it and to listen on it", () => {
  const { net, read, write } = grants({
    CRED_PROXY_SOCKET: "/run/y/a.sock",
    CRED_PROXY_ROUTES: "/run/x/t.json",
  }, "http://a");
  assertEquals(net, ["0.0.0.0:9099", "unix:/run/y/a.sock", "a:80"]);
  assertEquals([read, write], [["/run/x", "/run/y/a.sock"], ["/run/y/a.sock"]]);
  assertEquals(grants({}, "http://a").write, []);
});

Deno.test("requiredGrants() names the settings and each token variable once", () => {
  assertEquals(grants({}, "http://a", "http://b", "http://c").env, [
    ...SETTING_VARIABLES,
    "TOKEN_0",
    "TOKEN_1",
  ]);
});

Deno.test("requiredGrants() does not depend on the order of the routes", () => {
  assertEquals(grants({}, "http://a", "http://b").net, grants({}, "http://b", "http://a").net);
});

Deno.test("flags() and rightCommand() are one line", () => {
  const some = { net: ["a:1", "b:2"], read: ["/x", "/y"], write: [], env: ["A", "B"] };
  assertEquals(
    flags(some),
    "--allow-net=a:1,b:2 --allow-read=/x,/y --allow-env=A,B --no-prompt --no-remote --no-npm",
  );
  assertEquals(
    flags({ ...some, write: ["/s"] }),
    "--allow-net=a:1,b:2 --allow-read=/x,/y --allow-write=/s --allow-env=A,B --no-prompt --no-remote --no-npm",
  );
  assertEquals(rightCommand(some), `deno run ${flags(some)} main.ts serve`);
});
