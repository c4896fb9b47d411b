import { assert, assertEquals, assertRejects } from "@std/assert";
import { Secret } from "../../lib/core/secret.ts";
import { Mask } from "../../lib/mask/mask.ts";
import type { RequestSpan } from "../../lib/proxy/request_span.ts";
import type { Route } from "../../lib/proxy/route.ts";
import { type AcceptOptions, acceptWebSocket } from "../../lib/proxy/websocket/accept.ts";
import { ClientSocket } from "../../lib/proxy/websocket/client_socket.ts";
import { ACCEPT, OFFER } from "../../lib/proxy/websocket/late_websocket.ts";
import { Sessions } from "../../lib/proxy/websocket/sessions.ts";
import { Connection } from "../../lib/upstream/connection.ts";
import { BadResponse, ClientDisconnected } from "../../lib/upstream/errors.ts";
import { parseResponseHead } from "../../lib/upstream/response_head.ts";
import { acceptFor, beginHandshake } from "../../lib/upstream/websocket/handshake.ts";
import { FakeRuntimeSocket } from "../support/fake_runtime_socket.ts";
import { FakeSocket } from "../support/fake_socket.ts";
import { FakeTime } from "../support/fake_time.ts";
import { entryOf } from "../support/log_entry.ts";
import { referencesOf } from "../support/references.ts";
import { routeOf } from "../support/route.ts";

Deno.test("acceptWebSocket() closes the upstream's connection where the upstream has not agreed as it must", async () => {
  for (const fields of ["", "upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: wrong\r\n"]) {
    const socket = new FakeSocket([]);
    const change = {
      kind: "protocol_change",
      head: parseResponseHead(`HTTP/1.1 101 Switching Protocols\r\n${fields}\r\n`),
      connection: new Connection(socket),
      reused: false,
    } as const;
    // Nothing else is looked at.
    const options = { handshake: beginHandshake([]) } as AcceptOptions;
    await assertRejects(() => acceptWebSocket(change, options), BadResponse);
    assertEquals(socket.closed, true);
  }
});

/** An upstream's connection on which nothing arrives until it is closed. */
class SilentSocket extends FakeSocket {
  readonly #closed = Promise.withResolvers<null>();

  constructor() {
    super([]);
  }

  override read(): Promise<number | null> {
    return this.#closed.promise;
  }

  override close(): void {
    super.close();
    this.#closed.resolve(null);
  }
}

const MASKED = "some-secret-token";
const PING_MS = 20_000;

/** What an upstream has agreed to, for a client with a socket; `accept()` passes it on. */
class Session {
  readonly socket: FakeRuntimeSocket;
  readonly upstream = new SilentSocket();
  readonly sessions: Sessions;
  readonly entry = entryOf({
    began: performance.now(),
    status: 0,
    reused: undefined,
    firstByteMs: undefined,
  });
  readonly done: string[] = [];
  /** With which options the runtime was asked to upgrade. */
  upgradedWith: unknown;
  client: unknown;
  cut = () => {};
  response: Response | undefined;

  constructor(socket = new FakeRuntimeSocket(), sessions = new Sessions()) {
    this.socket = socket;
    this.sessions = sessions;
  }

  async accept(
    { fields = [] as string[], protocols = [] as string[], route = {}, fails = false } = {},
  ): Promise<void> {
    const handshake = beginHandshake(protocols);
    const lines = [
      "HTTP/1.1 101 Switching Protocols",
      "Upgrade: websocket",
      "Connection: Upgrade",
      `Sec-WebSocket-Accept: ${await acceptFor(handshake.key)}`,
      ...fields,
    ];
    const config = { ...routeOf(route), websocketPingMs: PING_MS };
    const references = referencesOf(config);
    const { upgradeWebSocket } = Deno;
    Object.assign(Deno, {
      upgradeWebSocket: (_request: Request, options: unknown) => {
        if (fails) throw new TypeError("upgrade unavailable");
        this.upgradedWith = options;
        return { socket: this.socket, response: new Response(null) };
      },
    });
    try {
      this.response = await acceptWebSocket({
        kind: "protocol_change",
        head: parseResponseHead(lines.map((line) => `${line}\r\n`).join("") + "\r\n"),
        connection: new Connection(this.upstream),
        reused: true,
      }, {
        request: new Request("http://proxy/a/"),
        handshake,
        route: { config } as Route,
        references: () => references,
        mask: { current: Mask.of([{ text: Secret.of(MASKED) }]) },
        span: {
          entry: this.entry,
          upgraded: (client: unknown) => this.client = client,
          onCut: (cut: () => void) => this.cut = cut,
          end: (outcome: string) => void this.done.push(outcome),
        } as unknown as RequestSpan,
        sessions: this.sessions,
      });
    } finally {
      Object.assign(Deno, { upgradeWebSocket });
    }
  }

  get fields(): [string, string][] {
    return [...this.response!.headers];
  }
}

Deno.test("acceptWebSocket() relays until either side ends it, and then ends the span", async () => {
  using time = new FakeTime();
  const session = new Session();
  const { socket, sessions, entry } = session;
  const began = time.now;
  const accepted = session.accept();
  await time.pass(30);
  await accepted;
  // The runtime sends a ping after half of it.
  assertEquals(session.upgradedWith, { idleTimeout: 2 * PING_MS / 1000 });
  assertEquals([entry.status, entry.reused], [101, true]);
  assert(entry.firstByteMs! <= time.now - began && entry.firstByteMs! >= 0);
  assertEquals([sessions.size, session.done, session.client instanceof ClientSocket], [1, [], true]);
  socket.open();
  socket.receive("hello");
  await time.settle();
  assertEquals([entry.webSocket?.messagesUp, entry.bytesUp, session.upstream.written.length], [1, 5, 1]);
  session.upstream.close();
  await time.settle();
  assertEquals(socket.closings, [[1011, "The connection to the upstream was lost"]]);
  assertEquals([sessions.size, session.done], [1, []]);
  socket.end({ code: 1011, wasClean: true });
  await time.settle();
  assertEquals([sessions.size, session.done, time.running], [0, ["upstream_aborted"], 0]);
});

Deno.test("acceptWebSocket() measures the time to the upstream's agreement", async () => {
  using time = new FakeTime();
  const session = new Session();
  await time.pass(30);
  await session.accept();
  assertEquals(session.entry.firstByteMs, 30);
  session.cut();
  session.socket.fail();
  await time.settle();
});

Deno.test("acceptWebSocket() passes the upstream's fields on, but those of its handshake", async () => {
  using time = new FakeTime();
  const fields = [
    "X-A: 1",
    `X-B: ${MASKED}`,
    "Content-Length: 5",
    "Location: https://api.test/x",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Protocol: v2",
  ];
  for (const [scrub, shown] of [[true, "*".repeat(17)], [false, MASKED]] as const) {
    const session = new Session();
    await session.accept({ fields, protocols: ["v1", "v2"], route: { scrub } });
    assertEquals(session.fields, [
      ["location", "http://proxy:9099/a/x"],
      ["sec-websocket-protocol", "v2"],
      ["x-a", "1"],
      ["x-b", shown],
    ]);
    session.cut();
    session.socket.fail();
    await time.settle();
  }
});

Deno.test("acceptWebSocket() names no subprotocol where the upstream has chosen none", async () => {
  using time = new FakeTime();
  const session = new Session();
  await session.accept({ protocols: ["v1"] });
  assertEquals(session.fields, []);
  session.cut();
  session.socket.fail();
  await time.settle();
});

Deno.test("acceptWebSocket() ends both sides when the request is cut", async () => {
  using time = new FakeTime();
  const session = new Session();
  await session.accept();
  session.socket.open();
  session.cut();
  await time.settle();
  assertEquals(session.socket.closings, [[1008, "The client was revoked"]]);
  assertEquals(session.upstream.closed, true);
  session.socket.end({ code: 1008, wasClean: true });
  await time.settle();
  assertEquals(session.done, ["revoked"]);
});

Deno.test("acceptWebSocket() gives all clients together the memory of two of the longest messages", async () => {
  using time = new FakeTime();
  const sessions = new Sessions();
  const both = [new Session(undefined, sessions), new Session(undefined, sessions)];
  for (const session of both) {
    await session.accept();
    session.socket.open();
  }
  // Nothing is sent to an upstream that is being closed.
  sessions.drain(60_000);
  // All but less than a large one.
  for (const [at, { socket }] of both.entries()) socket.receive(64 * 1024 * 1024 - at * 200 * 1024);
  assertEquals(both.map(({ client }) => (client as ClientSocket).closing), [undefined, undefined]);
  both[0]!.socket.receive(256 * 1024 + 1);
  assertEquals((both[0]!.client as ClientSocket).closing?.code, 1013);
  for (const { socket, upstream } of both) {
    socket.end();
    upstream.close();
  }
  await time.settle();
  assertEquals([sessions.size, both.map(({ done }) => done.length)], [0, [1, 1]]);
});

Deno.test("acceptWebSocket() closes the upstream's connection if the client has left", async () => {
  const session = new Session();
  const error = await assertRejects(() => session.accept({ fails: true }), ClientDisconnected);
  assertEquals(error.message, "The client disconnected before the WebSocket was open");
  assertEquals((error.cause as Error).message, "upgrade unavailable");
  assertEquals([session.upstream.closed, session.sessions.size], [true, 0]);
});

Deno.test("acceptWebSocket() closes the upstream's connection if anything unforeseen happens", async () => {
  const socket = new FakeRuntimeSocket();
  Object.defineProperty(socket, "binaryType", {
    set() {
      throw new RangeError("unforeseen");
    },
  });
  const session = new Session(socket);
  await assertRejects(() => session.accept(), RangeError, "unforeseen");
  assertEquals([session.upstream.closed, session.sessions.size], [true, 0]);
});

Deno.test("what serves WebSockets is loaded when it is needed", async () => {
  assertEquals(typeof (await OFFER.load()).asksForWebSocket, "function");
  assertEquals((await ACCEPT.load()).acceptWebSocket, acceptWebSocket);
});

// The last one: from then on, this process takes no WebSockets.
Deno.test("acceptWebSocket() closes a client's WebSocket that can't be controlled, since its upgrade can't be taken back", async () => {
  const socket = new EventTarget() as FakeRuntimeSocket;
  const closings: unknown[] = [];
  socket.close = (...args) => void closings.push(args);
  const session = new Session(socket);
  await session.accept({ fields: ["X-A: 1"] });
  assertEquals(session.fields, [["x-a", "1"]]);
  assertEquals([session.upstream.closed, session.sessions.size, session.client], [true, 0, undefined]);
  assertEquals(session.done, ["complete"]);
  assertEquals(session.entry.webSocket, { messagesUp: 0, messagesDown: 0, closeCode: 1011 });
  assertEquals(session.entry.cause, "This version of the runtime lets no one control a WebSocket");
  assertEquals(closings, []);
  socket.dispatchEvent(new Event("open"));
  assertEquals(closings, [[1011, "WebSockets are not served here"]]);
  // The runtime would report it as uncaught.
  assertEquals(socket.dispatchEvent(new Event("error", { cancelable: true })), false);
});
