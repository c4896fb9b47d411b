import { assert, assertEquals, assertInstanceOf, assertMatch, assertRejects } from "@std/assert";
import { dial } from "../../lib/upstream/dial.ts";
import {
  TunnelRefused,
  UpstreamNotTls,
  UpstreamTlsFailed,
  UpstreamUnreachable,
  UpstreamUntrusted,
} from "../../lib/upstream/errors.ts";
import { latin1 } from "../support/bytes.ts";
import { authorityAdvice, trustAdvice } from "../../lib/upstream/trust_advice.ts";
import { within } from "../support/within.ts";

/** Returns why a host can't be reached. */
async function reasonOf(host: string, port: number): Promise<string> {
  const upstream = { scheme: "http", host, port, authority: host, base: "" } as const;
  try {
    (await dial(upstream, { caCerts: [], egress: undefined }, new AbortController().signal)).close();
  } catch (error) {
    if (error instanceof UpstreamUnreachable) return error.message;
    throw error;
  }
  throw new Error(`${host} was reached`);
}

Deno.test("dial() says what can't be reached: a closed port, a name, or an address", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  assertEquals(await reasonOf("127.0.0.1", port), `127.0.0.1:${port} refuses connections`);
  // Longer than a label may be, so that nobody is asked for it.
  const name = `${"x".repeat(64)}.test`;
  assertEquals(await reasonOf(name, 443), `the name ${name} can't be resolved`);
  assertEquals(await reasonOf("255.255.255.255", 443), "255.255.255.255:443 can't be reached");
});

Deno.test("trustAdvice() says what to do about an authority that is not trusted or is no server's, and nothing about other failures", () => {
  const other = " (to trust another authority, name its file in CRED_PROXY_CA_FILE)";
  assertEquals(trustAdvice("invalid peer certificate: UnknownIssuer", "api.test"), other);
  assertEquals(trustAdvice("invalid peer certificate: BadSignature", "api.test"), other);
  const own = "invalid peer certificate: Other(OtherError(CaUsedAsEndEntity))";
  for (
    const [host, name] of [
      ["api.test", "DNS:api.test"],
      ["1.api.test", "DNS:1.api.test"],
      ["api.1", "DNS:api.1"],
      ["10.0.0.1", "IP:10.0.0.1"],
      ["::1", "IP:::1"],
    ] as const
  ) {
    const advice = trustAdvice(own, host);
    assertMatch(advice, /^ \(the certificate of \S+ is that of an authority .+ server\.pem\)$/);
    assertEquals(/subjectAltName=([^"]+)"/.exec(advice)?.[1], name);
  }
  assertEquals(trustAdvice("invalid peer certificate: Expired", "api.test"), "");
  assertEquals(
    authorityAdvice("api.test"),
    "the certificate of api.test is that of an authority (CA:TRUE), which is not accepted as a server's own; " +
      "make an authority and a certificate of it, give the server server.pem and server.key, and name ca.pem in " +
      "CRED_PROXY_CA_FILE: openssl req -x509 -newkey rsa:2048 -nodes -days 365 " +
      '-subj "/CN=My authority" -keyout ca.key -out ca.pem && ' +
      "openssl req -x509 -newkey rsa:2048 -nodes -days 365 -CA ca.pem -CAkey ca.key " +
      '-subj "/CN=api.test" -addext "subjectAltName=DNS:api.test" ' +
      '-addext "basicConstraints=critical,CA:FALSE" -keyout server.key -out server.pem',
  );
});

Deno.test("dial() closes a connection for its signal only until it has returned it", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const upstream = { scheme: "http", host: "127.0.0.1", port, authority: "a", base: "" } as const;
  const controller = new AbortController();
  const conn = await dial(upstream, { caCerts: [], egress: undefined }, controller.signal);
  using other = await listener.accept();
  controller.abort();
  assertEquals(await conn.write(Uint8Array.of(1)), 1);
  assertEquals(await other.read(new Uint8Array(2)), 1);
  conn.close();
});

Deno.test("dial() gives up a TLS handshake that gets no answer once its signal is aborted", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const upstream = { scheme: "https", host: "127.0.0.1", port, authority: "a", base: "" } as const;
  const controller = new AbortController();
  const dialled = dial(upstream, { caCerts: [], egress: undefined }, controller.signal);
  using other = await listener.accept();
  // The ClientHello has come.
  await other.read(new Uint8Array(1));
  controller.abort();
  const ended = dialled.then(() => "connected", () => "given up");
  assertEquals(await within(ended, "The end of the attempt"), "given up");
});

Deno.test("dial() tells a handshake that fails from one that breaks off, after which another may succeed", async () => {
  // An alert: handshake_failure.
  const alert = Uint8Array.of(0x15, 3, 3, 0, 2, 2, 0x28);
  for (const [answer, failed] of [[alert, true], [undefined, false]] as const) {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    const upstream = { scheme: "https", host: "127.0.0.1", port, authority: "a", base: "" } as const;
    const dialled = dial(upstream, { caCerts: [], egress: undefined }, new AbortController().signal);
    const ended = dialled.then(() => "connected", (error) => error);
    const other = await listener.accept();
    await other.read(new Uint8Array(4096));
    if (answer !== undefined) await other.write(answer);
    other.close();
    const error = await within(ended, "The end of the handshake");
    assertInstanceOf(error, Error);
    assertEquals(error instanceof UpstreamTlsFailed, failed, String(error));
  }
});

/** A connection of a runtime that a test stands in for, with what was done to it. */
class FakeConn {
  readonly done: string[] = [];
  /** What it reads, once. */
  response: Uint8Array | null = null;

  setNoDelay(on?: boolean): void {
    this.done.push(`no delay: ${on}`);
  }

  setKeepAlive(on?: boolean): void {
    this.done.push(`keep alive: ${on}`);
  }

  write(bytes: Uint8Array): Promise<number> {
    this.done.push(new TextDecoder().decode(bytes).split("\r\n")[0]!);
    return Promise.resolve(bytes.length);
  }

  read(room: Uint8Array): Promise<number | null> {
    const { response } = this;
    this.response = null;
    if (response !== null) room.set(response);
    return Promise.resolve(response?.length ?? null);
  }

  /** Set by a test that lets a TLS handshake fail. */
  handshake = (): Promise<void> => Promise.resolve();

  close(): void {
    // As the runtime's does.
    if (this.done.includes("closed")) {
      throw new Deno.errors.BadResource("closed already");
    }
    this.done.push("closed");
  }
}

/** Stands in for the runtime's functions that open connections. */
function fakeRuntime() {
  const { connect, startTls } = Deno;
  const attempts: {
    readonly options: Deno.ConnectOptions;
    readonly connecting: PromiseWithResolvers<FakeConn>;
  }[] = [];
  const secured = new FakeConn();
  const tls: unknown[] = [];
  Object.assign(Deno, {
    connect(options: Deno.ConnectOptions) {
      const connecting = Promise.withResolvers<FakeConn>();
      attempts.push({ options, connecting });
      return connecting.promise;
    },
    startTls(conn: unknown, options: unknown) {
      tls.push(conn, options);
      return Promise.resolve(secured);
    },
  });
  return {
    attempts,
    secured,
    tls,
    [Symbol.dispose]: () => void Object.assign(Deno, { connect, startTls }),
  };
}

const HTTP = {
  scheme: "http",
  host: "api.test",
  port: 80,
  authority: "api.test",
  base: "",
} as const;
const HTTPS = { ...HTTP, scheme: "https", port: 443 } as const;
const DIRECT = { caCerts: ["an authority"], egress: undefined };
const PROMPT = ["no delay: true", "keep alive: true"];

Deno.test("dial() lets no small write wait, has dead peers detected, and speaks HTTP/1.1 in TLS to the upstream's host", async () => {
  using runtime = fakeRuntime();
  const { signal } = new AbortController();
  const plain = dial(HTTP, DIRECT, signal);
  const conn = new FakeConn();
  runtime.attempts[0]!.connecting.resolve(conn);
  assert(await plain as unknown === conn);
  assertEquals([conn.done, runtime.tls], [PROMPT, []]);

  const secure = dial(HTTPS, DIRECT, signal);
  const other = new FakeConn();
  runtime.attempts[1]!.connecting.resolve(other);
  assert(await secure as unknown === runtime.secured);
  const tls = {
    hostname: "api.test",
    caCerts: ["an authority"],
    alpnProtocols: ["http/1.1"],
  };
  assertEquals([other.done, runtime.secured.done, runtime.tls], [PROMPT, [], [
    other,
    tls,
  ]]);
  const places = runtime.attempts.map((
    { options: { hostname, port } },
  ) => [hostname, port]);
  assertEquals(places, [["api.test", 80], ["api.test", 443]]);
});

Deno.test("dial() connects to an egress proxy, asks it for the upstream, and closes the connection if it refuses", async () => {
  const egress = { host: "proxy.test", port: 3128, credentials: undefined };
  const { signal } = new AbortController();
  for (
    const [status, upstream] of [[200, HTTP], [200, HTTPS], [
      403,
      HTTPS,
    ]] as const
  ) {
    using runtime = fakeRuntime();
    const dialled = dial(
      upstream,
      { ...DIRECT, egress } as Parameters<typeof dial>[1],
      signal,
    );
    const conn = new FakeConn();
    conn.response = latin1(`HTTP/1.1 ${status} Any\r\n\r\n`);
    const [{ options, connecting }] = runtime.attempts as [
      typeof runtime.attempts[number],
    ];
    assertEquals([options.hostname, options.port], ["proxy.test", 3128]);
    connecting.resolve(conn);
    const asked = [...PROMPT, `CONNECT api.test:${upstream.port} HTTP/1.1`];
    if (status === 403) {
      await assertRejects(() => dialled, TunnelRefused);
      assertEquals([conn.done, runtime.tls], [[...asked, "closed"], []]);
    } else {
      assert(
        await dialled as unknown ===
          (upstream.scheme === "http" ? conn : runtime.secured),
      );
      assertEquals(conn.done, asked);
    }
  }
});

Deno.test("dial() says what is wrong with an upstream's TLS, and closes the connection", async () => {
  const invalid = (message: string) => new Deno.errors.InvalidData(message);
  const cases: [
    error: unknown,
    type: new (...args: string[]) => Error,
    message: string,
  ][] = [
    [
      invalid("received corrupt message of type InvalidContentType, or what else the library adds"),
      UpstreamNotTls,
      "api.test:443 does not speak TLS: is its port right, or is it an http:// upstream?",
    ],
    [
      invalid("invalid peer certificate: Expired"),
      UpstreamUntrusted,
      "invalid peer certificate: Expired",
    ],
    [
      invalid("invalid peer certificate: UnknownIssuer"),
      UpstreamUntrusted,
      "invalid peer certificate: UnknownIssuer (to trust another authority, name its file in CRED_PROXY_CA_FILE)",
    ],
    [
      invalid("received fatal alert: HandshakeFailure"),
      UpstreamTlsFailed,
      "the TLS handshake failed: received fatal alert: HandshakeFailure",
    ],
    [
      new Deno.errors.UnexpectedEof("tls handshake eof"),
      Deno.errors.UnexpectedEof,
      "tls handshake eof",
    ],
  ];
  for (const [error, type, message] of cases) {
    using runtime = fakeRuntime();
    runtime.secured.handshake = () => Promise.reject(error);
    const dialled = dial(HTTPS, DIRECT, new AbortController().signal);
    runtime.attempts[0]!.connecting.resolve(new FakeConn());
    const thrown = await assertRejects(() => dialled);
    assertInstanceOf(thrown, type);
    assertEquals([thrown.message, runtime.secured.done], [message, ["closed"]]);
  }
});

Deno.test("dial() throws what the handshake does that is no error, and closes the connection", async () => {
  using runtime = fakeRuntime();
  runtime.secured.handshake = () => Promise.reject("a reason");
  const dialled = dial(HTTPS, DIRECT, new AbortController().signal);
  runtime.attempts[0]!.connecting.resolve(new FakeConn());
  assertEquals(
    await dialled.then(() => "connected", (thrown) => thrown),
    "a reason",
  );
  assertEquals(runtime.secured.done, ["closed"]);
});

Deno.test("dial() gives up a handshake at its signal, even one that ends well at that moment", async () => {
  for (const ending of ["well", "badly"]) {
    using runtime = fakeRuntime();
    const controller = new AbortController();
    runtime.secured.handshake = () => {
      controller.abort(new Error("It took too long"));
      return ending === "well" ? Promise.resolve() : Promise.reject(new Error("It broke"));
    };
    const dialled = dial(HTTPS, DIRECT, controller.signal);
    runtime.attempts[0]!.connecting.resolve(new FakeConn());
    await assertRejects(
      () => dialled,
      Error,
      ending === "well" ? "It took too long" : "It broke",
    );
    assertEquals(runtime.secured.done, ["closed"]);
  }
});

Deno.test("dial() does not even begin once its signal is aborted", async () => {
  using runtime = fakeRuntime();
  await assertRejects(
    () => dial(HTTP, DIRECT, AbortSignal.abort(new Error("It is over"))),
    Error,
    "It is over",
  );
  assertEquals(runtime.attempts, []);
});

Deno.test("dial() stops waiting for a connection at its signal, closes one that still comes, and gives up the attempt a second later", async () => {
  const { setTimeout, clearTimeout } = globalThis;
  for (const comes of [true, false]) {
    using runtime = fakeRuntime();
    const timers = new Map<
      number,
      { readonly run: () => void; readonly ms: number }
    >();
    Object.assign(globalThis, {
      setTimeout: (run: () => void, ms: number) => timers.set(timers.size + 1, { run, ms }).size,
      clearTimeout: (timer: number) => timers.delete(timer),
    });
    try {
      const controller = new AbortController();
      const dialled = dial(HTTP, DIRECT, controller.signal);
      controller.abort(new Error("It took too long"));
      await assertRejects(() => dialled, Error, "It took too long");
      const [{ options, connecting }] = runtime.attempts as [
        typeof runtime.attempts[number],
      ];
      assertEquals([
        options.signal?.aborted,
        [...timers.values()].map(({ ms }) => ms),
      ], [false, [1000]]);
      const conn = new FakeConn();
      if (comes) connecting.resolve(conn);
      else {
        timers.get(1)!.run();
        assertEquals(options.signal?.aborted, true);
        connecting.reject(options.signal?.reason);
      }
      // A rejection that nobody handles would fail this test.
      await new Promise((resolve) => setImmediate(resolve));
      assertEquals([conn.done, timers.size], [comes ? ["closed"] : [], 0]);
    } finally {
      Object.assign(globalThis, { setTimeout, clearTimeout });
    }
  }
});

Deno.test("dial() leaves an attempt alone that has ended, whatever its signal does then", async () => {
  using runtime = fakeRuntime();
  const controller = new AbortController();
  const refused = dial(HTTP, DIRECT, controller.signal);
  runtime.attempts[0]!.connecting.reject(
    new Deno.errors.ConnectionRefused("refused"),
  );
  await assertRejects(
    () => refused,
    UpstreamUnreachable,
    "api.test:80 refuses connections",
  );
  const dialled = dial(HTTPS, DIRECT, controller.signal);
  const conn = new FakeConn();
  runtime.attempts[1]!.connecting.resolve(conn);
  await dialled;
  controller.abort();
  await new Promise((resolve) => setImmediate(resolve));
  assertEquals([conn.done, runtime.secured.done], [PROMPT, []]);
});

Deno.test("dial() passes on a missing permission, and what is no error, as they are", async () => {
  for (
    const thrown of [
      new Deno.errors.NotCapable("Requires net access"),
      "a reason",
    ]
  ) {
    using runtime = fakeRuntime();
    const dialled = dial(HTTP, DIRECT, new AbortController().signal);
    runtime.attempts[0]!.connecting.reject(thrown);
    assertEquals(
      await dialled.then(() => "connected", (reason) => reason),
      thrown,
    );
  }
});
