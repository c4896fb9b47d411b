/**
 * Attacks of a web page in the user's browser: requests across sites, and a name that is rebound to the service's address.
 *
 * The requests are as browsers send them; `tests/e2e/browser_attack_test.ts` has a browser send them.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { startAdmin, type WithAdmin } from "../support/admin.ts";
import { AFTER, type Attack, requestText, useAttackFixture } from "../support/attack_fixture.ts";
import { TOKEN } from "../support/fixture.ts";
import { startRecordingUpstream } from "../support/recording_upstream.ts";
import { startService } from "../support/service.ts";
import { request } from "../support/wire.ts";

const fixture = useAttackFixture((upstream) => [
  { host: "api.github.com", upstream, paths: ["x"] },
  { path: "/page/", upstream, browsers: true },
]);

/** Fields that only browsers send. */
const BROWSERS: readonly (readonly string[])[] = [
  ["Origin: https://evil.example"],
  ["Origin: null"],
  ["Origin: http://proxy"],
  ["Origin:"],
  ["Sec-Fetch-Site: cross-site"],
  ["Sec-Fetch-Site: same-site"],
  ["Sec-Fetch-Site: same-origin"],
  ["Sec-Fetch-Site: none", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"],
  ["Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: image"],
  ["Connection: origin, close", "Origin: https://evil.example"],
];

function refused(line: string, fields: readonly string[], got = "403 browser_refused"): Attack {
  const closes = fields.some((field) => field.includes("close"));
  return [`${line} with ${fields.join(", ")}`, requestText(line, fields), closes ? [got] : [got, AFTER]];
}

Deno.test("a request of a web page reaches no upstream, and is not told which routes there are", (test) =>
  fixture.run(test, [
    ...["GET /a/x", "POST /a/x", "OPTIONS /a/x", "GET /nowhere"].flatMap((line) =>
      BROWSERS.map((fields) =>
        refused(line, line.startsWith("POST") ? [...fields, "Content-Length: 0"] : fields)
      )
    ),
  ]));

Deno.test("a request of a web page passes where the route says so", (test) => {
  const fields = ["origin: https://app.example", "sec-fetch-mode: cors", "sec-fetch-site: cross-site"];
  return fixture.run(test, [
    ["GET", requestText("GET /page/x", fields), ["200 /x", AFTER], [["GET /x", fields]]],
    ["a preflight", requestText("OPTIONS /page/x", [...fields, "access-control-request-method: PUT"]), [
      "200 /x",
      AFTER,
    ], [["OPTIONS /x", ["access-control-request-method: PUT", ...fields]]]],
  ]);
});

Deno.test("a page without the client token learns of no route, and can't make the browser ask for a password", async () => {
  const route = { upstream: "http://127.0.0.1:9", auth_scheme: "Bearer", token_env: "A_TOKEN" };
  const token = "client-1Qw2Er3Ty4Ui5Op";
  const tables = [
    { client_token_env: "CLIENT_TOKEN" },
    { clients: [{ name: "coder", token_env: "CLIENT_TOKEN", routes: "*" }] },
  ];
  for (const table of tables) {
    await using service = await startService({
      routes: { ...table, routes: [{ ...route, path: "/a/" }, { ...route, path: "/page/", browsers: true }] },
      env: { A_TOKEN: TOKEN, CLIENT_TOKEN: token },
    });
    const ask = async (target: string, field: string) => {
      const head = `GET ${target} HTTP/1.1\r\nHost: proxy\r\n${field}\r\n\r\n`;
      const { status, fields, body } = await request(service.port, head);
      const shown = fields.filter(([name]) => name !== "date" && name !== "cred-proxy-request-id");
      return { status, shown, text: body.text };
    };
    for (const field of ["Sec-Fetch-Site: cross-site", "Origin: https://evil.example"]) {
      const [first, ...others] = await Promise.all(
        ["/nowhere", "/a/x", "/page/x", "/page/"].map((target) => ask(target, field)),
      );
      for (const other of others) assertEquals(other, first);
      assertEquals(first!.status, 401);
      assertEquals(first!.shown.filter(([name]) => name === "www-authenticate"), [
        ["www-authenticate", 'Bearer realm="cred-proxy"'],
      ]);
    }
    // With the token, a page still gets what the routes say.
    const field = `Origin: https://app.example\r\nX-Api-Key: ${token}`;
    const statuses = ["/nowhere", "/a/x", "/page/x"].map(async (target) => (await ask(target, field)).status);
    assertEquals(await Promise.all(statuses), [403, 403, 502]);
    // Other clients, such as git, wait for the challenge before they send a password.
    const { shown } = await ask("/a/x", "Accept: */*");
    assertEquals(shown.find(([name]) => name === "www-authenticate")?.[1], 'Basic realm="cred-proxy"');
  }
});

Deno.test("Sec-Fetch-Mode alone is no browser: Node's fetch sends it", (test) =>
  fixture.run(test, [
    ["GET", requestText("GET /a/x", ["sec-fetch-mode: cors"]), ["200 /x", AFTER], [[
      "GET /x",
      ["sec-fetch-mode: cors"],
    ]]],
  ]));

/** A request with another Host, and the ordinary one after it. */
function hosted(host: string, got: readonly string[], line = "GET /a/x"): Attack {
  return [`${line} for ${host}`, `${line} HTTP/1.1\r\nHost: ${host}\r\n\r\n`, [...got, AFTER]];
}

Deno.test("a host that a stranger's name server may answer for is not served, whatever is asked", (test) =>
  fixture.run(test, [
    ...["evil.example", "evil.example:9099", "127.0.0.1.evil.example", "a.b", "localhost.evil.example"]
      .flatMap((host) => [
        ...["GET /a/x", "GET /nowhere", "TRACE /a/x", "GET /page/x"].map((line) =>
          hosted(host, ["421 host_not_served"], line)
        ),
        hosted(host, ["421 host_not_served"], `GET http://${host}/a/x`),
      ]),
    ["the host of a route", "GET /x HTTP/1.1\r\nHost: API.github.com:80\r\n\r\n", ["200 /x", AFTER], [[
      "GET /x",
    ]]],
  ]));

Deno.test("a Unix socket asks for the same hosts: a relay in front of it can be rebound like a listener", async () => {
  const folder = await Deno.makeTempDir();
  const path = join(folder, "agent.sock");
  await using upstream = startRecordingUpstream();
  const route = { path: "/a/", upstream: upstream.url, auth_scheme: "Bearer", token_env: "A_TOKEN" };
  await using _service = await startAdmin({
    routes: { routes: [route] },
    env: { A_TOKEN: TOKEN, CRED_PROXY_SOCKET: path },
  });
  async function statusFor(host: string): Promise<string> {
    using connection = await Deno.connect({ transport: "unix", path });
    await connection.write(
      new TextEncoder().encode(`GET /a/x HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`),
    );
    return (await new Response(connection.readable).text()).slice(9, 12);
  }
  assertEquals([await statusFor("localhost"), await statusFor("evil.example")], ["200", "421"]);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("CRED_PROXY_HOSTS adds names, on both listeners", async () => {
  await using upstream = startRecordingUpstream();
  const route = { path: "/a/", upstream: upstream.url, auth_scheme: "Bearer", token_env: "A_TOKEN" };
  await using service = await startAdmin({
    routes: { routes: [route] },
    env: { A_TOKEN: TOKEN, CRED_PROXY_HOSTS: "proxy.example.com,other.example.com" },
  });
  const admin = Number(service.adminAddress.split(":").at(-1));
  for (
    const [host, expected] of [["Proxy.example.com:9099", [200, 200]], ["example.com", [421, 421]]] as const
  ) {
    const clients = await request(service.port, `GET /a/x HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    const operators = await request(admin, `GET /healthz HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    assertEquals([clients.status, operators.status], expected, host);
  }
});

Deno.test("the operator's listener answers its own page and no other site's", async () => {
  await using upstream = startRecordingUpstream();
  const route = { path: "/a/", upstream: upstream.url, auth_scheme: "Bearer", token_env: "A_TOKEN" };
  await using service: WithAdmin = await startAdmin({ routes: { routes: [route] }, env: { A_TOKEN: TOKEN } });
  const port = Number(service.adminAddress.split(":").at(-1));
  const cases: readonly (readonly [status: number, ...fields: string[]])[] = [
    [200],
    [200, "Sec-Fetch-Site: none", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"],
    [200, "Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: style"],
    [200, "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"],
    [200, `Origin: http://127.0.0.1:${port}`, "Sec-Fetch-Site: same-origin"],
    [403, "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: script"],
    [403, "Sec-Fetch-Site: same-site", "Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty"],
    [403, "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: iframe"],
    [403, "Origin: https://evil.example"],
    [403, "Origin: null"],
  ];
  for (const target of ["/", "/metrics", "/style.css"]) {
    for (const [status, ...fields] of cases) {
      const head = [`GET ${target} HTTP/1.1`, `Host: 127.0.0.1:${port}`, ...fields, "", ""];
      const response = await request(port, head.join("\r\n"));
      assertEquals(response.status, status, `${target} with ${fields.join(", ")}`);
      assert(status === 200 || !/\/a\/|cred_proxy_/.test(response.body.text), response.body.text);
    }
  }
  const rebound = await request(port, "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n");
  assertEquals([rebound.status, rebound.body.text.includes("/a/")], [421, false]);
  const bare = await request(port, "GET /healthz HTTP/1.0\r\n\r\n");
  assertEquals(bare.status, 200);
});
