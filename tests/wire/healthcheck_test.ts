import { assert, assertEquals } from "@std/assert";
import { type Outcome, runMain } from "../support/run_main.ts";

/** The service's own response to TRACE. */
const READY =
  "HTTP/1.1 405 Method Not Allowed\r\nCred-Proxy-Error: method_not_forwarded\r\ncontent-length: 0\r\n\r\n";

/** What is printed where the response is not the service's own. */
const NOT_OURS =
  /^cred-proxy: not ready at \S+: another service responds there; check the address settings\n$/;

/** Runs `healthcheck` under its own flags against a server that sends this response, or none if undefined. */
async function probe(
  response: string | undefined,
  variable: "CRED_PROXY_PORT" | "CRED_PROXY_ADMIN" = "CRED_PROXY_PORT",
): Promise<Outcome & { readonly request: string }> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  const served = serveOne(listener, response);
  const env = variable === "CRED_PROXY_ADMIN" ? { [variable]: `0.0.0.0:${port}` } : {};
  const outcome = await healthcheck(port, env);
  return { ...outcome, request: await served };
}

async function serveOne(listener: Deno.Listener, response: string | undefined): Promise<string> {
  using connection = await listener.accept();
  const buffer = new Uint8Array(1024);
  const count = await connection.read(buffer) ?? 0;
  if (response === undefined) {
    await connection.read(new Uint8Array(1)).catch(() => null);
  } else {
    // In two parts, since a network may split it.
    for (const part of [response.slice(0, 20), response.slice(20)]) {
      await connection.write(new TextEncoder().encode(part));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  return new TextDecoder().decode(buffer.subarray(0, count));
}

function healthcheck(port: number, env: Record<string, string> = {}): Promise<Outcome> {
  return runMain(["healthcheck"], {
    env: { ...("CRED_PROXY_ADMIN" in env ? {} : { CRED_PROXY_PORT: String(port) }), ...env },
    flags: [
      "--no-prompt",
      `--allow-net=127.0.0.1:${port}`,
      "--allow-env=CRED_PROXY_BIND,CRED_PROXY_PORT,CRED_PROXY_ADMIN",
    ],
  });
}

Deno.test("healthcheck sends TRACE and takes the service's own response as ready", async () => {
  const { code, stdout, stderr, request } = await probe(READY);
  assertEquals([code, stdout, stderr], [0, "", ""]);
  assert(
    /^TRACE \/ HTTP\/1\.1\r\nHost: 127\.0\.0\.1:\d+\r\nConnection: close\r\n\r\n$/.test(request),
    request,
  );
});

Deno.test("healthcheck takes any other response as not ready", async () => {
  const responses = [
    "HTTP/1.1 200 OK\r\nCred-Proxy-Error: method_not_forwarded\r\n\r\n",
    "HTTP/1.1 405 Method Not Allowed\r\ncontent-length: 0\r\n\r\n",
    "HTTP/1.1 405 Method Not Allowed\r\n\r\ncred-proxy-error: method_not_forwarded\r\n\r\n",
    "HTTP/1.1 503 Service Unavailable\r\nCred-Proxy-Error: draining\r\n\r\n",
    "SSH-2.0-OpenSSH_9.9\r\n\r\n",
  ];
  for (const response of responses) {
    const { code, stderr } = await probe(response);
    assertEquals(code, 1, response);
    assert(stderr.startsWith("cred-proxy: not ready at 127.0.0.1:"), stderr);
    assert(NOT_OURS.test(stderr), stderr);
  }
});

Deno.test("healthcheck queries the operator's listener if there is one", async () => {
  const cases: [response: string, code: number, message: RegExp][] = [
    ["HTTP/1.1 200 OK\r\nCred-Proxy-State: ready\r\n\r\nready\n", 0, /^$/],
    [
      "HTTP/1.1 503 Service Unavailable\r\ncred-proxy-state: draining\r\n\r\n",
      1,
      /: the service is shutting down\n$/,
    ],
    ["HTTP/1.1 200 OK\r\n\r\ncred-proxy-state: ready\r\n", 1, NOT_OURS],
    ["HTTP/1.1 500 Oh\r\ncred-proxy-state: ready\r\n\r\n", 1, NOT_OURS],
    [READY, 1, NOT_OURS],
  ];
  for (const [response, expected, message] of cases) {
    const { code, stderr, request } = await probe(response, "CRED_PROXY_ADMIN");
    assertEquals(code, expected, response);
    assert(message.test(stderr), stderr);
    assert(request.startsWith("GET /readyz HTTP/1.1\r\nHost: 127.0.0.1:"), request);
  }
});

Deno.test("healthcheck waits three seconds and no longer", async () => {
  const start = Date.now();
  const { code, stderr } = await probe(undefined);
  assertEquals(code, 1);
  assert(/^cred-proxy: not ready at \S+: no response within 3 s\n$/.test(stderr), stderr);
  assert(Date.now() - start >= 3_000);
});

Deno.test("healthcheck reports in one line that nothing listens", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  const { code, stderr } = await healthcheck(port, { CRED_PROXY_BIND: "0.0.0.0" });
  assertEquals(code, 1);
  assert(/^cred-proxy: not ready at \S+: Connection refused.*\n$/.test(stderr), stderr);
});

Deno.test("healthcheck can't find a service on a port that it picked itself", async () => {
  const { code, stderr } = await healthcheck(1, { CRED_PROXY_PORT: "0" });
  assertEquals([code, stderr], [
    1,
    "cred-proxy: CRED_PROXY_PORT: has port 0, so the service's port is unknown; set a fixed port\n",
  ]);
  const { code: other, stderr: otherMessage } = await healthcheck(1, { CRED_PROXY_ADMIN: "127.0.0.1:0" });
  assertEquals([other, otherMessage], [
    1,
    "cred-proxy: CRED_PROXY_ADMIN: has port 0, so the service's port is unknown; set a fixed port\n",
  ]);
});
