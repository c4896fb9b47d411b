import { assertEquals } from "@std/assert";
import {
  askingGrants,
  flags,
  folderOf,
  type Grants,
  listenerGrants,
  requiredGrants,
  rightCommand,
} from "../../lib/permissions/permissions.ts";
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

Deno.test("requiredGrants() reads the folder of a token's file where that is not the table's or below it", () => {
  const settings = valueOf(
    parseSettings((name) => name === "CRED_PROXY_ROUTES" ? "/run/x/t.json" : undefined),
  );
  const cases: [file: string, read: string[]][] = [
    ["gh", ["/run/x"]],
    ["/run/x/gh", ["/run/x"]],
    ["/run/x/y/gh", ["/run/x"]],
    ["/run/xy/gh", ["/run/x", "/run/xy"]],
  ];
  for (const [file, read] of cases) {
    const route = { path: "/a/", upstream: "http://a", auth_scheme: "", token_file: file };
    const table = valueOf(parseRoutes(JSON.stringify({ routes: [route] })));
    assertEquals(requiredGrants(settings, table).read.toSorted(), read, file);
  }
});

Deno.test("requiredGrants() writes into the folder for refresh tokens only if a route has one that rotates", () => {
  const settings = valueOf(parseSettings((name) => name === "CRED_PROXY_STATE" ? "/var/lib/x" : undefined));
  const route = { path: "/a/", upstream: "http://a", auth_scheme: "Bearer" };
  const oauth2 = { token_url: "https://t.example/", client_id: "c" };
  const client = { ...oauth2, grant: "client_credentials", client_secret_env: "S" };
  const rotating = { ...oauth2, grant: "refresh_token", refresh_token_env: "R" };
  const cases: [from: object, write: string[]][] = [[client, []], [rotating, ["/var/lib/x"]]];
  for (const [from, write] of cases) {
    const routes = [{ ...route, path: "/b/", token_env: "B" }, { ...route, token_from: { oauth2: from } }];
    const grants = requiredGrants(settings, valueOf(parseRoutes(JSON.stringify({ routes }))));
    assertEquals(grants.write, write);
  }
});

Deno.test("askingGrants() are those of serving, but to listen and to make the socket", () => {
  const environment: Record<string, string> = {
    CRED_PROXY_SOCKET: "/run/y/a.sock",
    CRED_PROXY_ADMIN: "127.0.0.1:9100",
    CRED_PROXY_PORT: "9099",
  };
  const settings = valueOf(parseSettings((name) => environment[name]));
  const route = { path: "/a/", upstream: "http://a", auth_scheme: "", token_env: "A" };
  const table = valueOf(parseRoutes(JSON.stringify({ routes: [route] })));
  const { net, write } = askingGrants(settings, table);
  assertEquals([net, write], [["a:80"], []]);
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
  assertEquals(
    flags({ ...some, read: ["/a b"] }),
    "--allow-net=a:1,b:2 '--allow-read=/a b' --allow-env=A,B --no-prompt --no-remote --no-npm",
  );
  assertEquals(
    flags({ ...some, net: ["[::]:0"], read: [] }),
    "--allow-net=[::]:0 --allow-env=A,B --no-prompt --no-remote --no-npm",
  );
  assertEquals(rightCommand(some), `deno run ${flags(some)} main.ts serve`);
});

Deno.test("folderOf() returns what is before the last slash, which is nothing for a file in the root folder", () => {
  const cases = [["/etc/a/r.json", "/etc/a"], ["a/r.json", "a"], ["r.json", "."], ["/r.json", ""]] as const;
  for (const [path, folder] of cases) assertEquals(folderOf(path), folder, path);
});

Deno.test("listenerGrants() returns the service's own address, then the operator's, then the socket", () => {
  const settings = { bind: "::", port: 0, socket: "/run/a.sock", admin: { host: "127.0.0.1", port: 9 } };
  assertEquals(listenerGrants(settings), ["[::]:0", "127.0.0.1:9", "unix:/run/a.sock"]);
  assertEquals(listenerGrants({ ...settings, port: undefined, admin: undefined }), ["unix:/run/a.sock"]);
});
