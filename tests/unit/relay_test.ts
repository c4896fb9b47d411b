import { assertEquals } from "@std/assert";
import { Secret } from "../../lib/core/secret.ts";
import { Mask } from "../../lib/mask/mask.ts";
import type { CurrentMask } from "../../lib/mask/table_mask.ts";
import type { RequestSpan } from "../../lib/proxy/request_span.ts";
import type { ClientSocket } from "../../lib/proxy/websocket/client_socket.ts";
import { Relay } from "../../lib/proxy/websocket/relay.ts";
import { WebSocketViolation } from "../../lib/upstream/errors.ts";
import type { Closing } from "../../lib/upstream/websocket/close_code.ts";
import type { Message } from "../../lib/upstream/websocket/message_buffer.ts";
import type { Received, WebSocketConnection } from "../../lib/upstream/websocket/websocket_connection.ts";
import { FakeTime } from "../support/fake_time.ts";
import { entryOf } from "../support/log_entry.ts";

/** Returns what is logged as the cause when an upstream's connection fails with a message. */
async function causeOf(message: string, mask: CurrentMask | undefined): Promise<string | undefined> {
  const entry = entryOf({ cause: undefined });
  const ended = Promise.withResolvers<void>();
  const client = {
    opened: Promise.resolve(),
    receive: () => ended.promise,
    closing: undefined,
    close: () => ended.resolve(),
  };
  const upstream = {
    receive: () => Promise.reject(new Error(message)),
    end: () => Promise.resolve(),
    close: () => Promise.resolve(),
    destroy() {},
  };
  await new Relay({
    client: client as unknown as ClientSocket,
    upstream: upstream as unknown as WebSocketConnection,
    mask,
    span: { entry, end() {} } as unknown as RequestSpan,
  }).run();
  return entry.cause;
}

Deno.test("Relay records why the upstream's connection failed, without a secret", async () => {
  const mask = Mask.of([{ text: Secret.of("some-secret-token") }]);
  const message = "the peer said some-secret-token";
  assertEquals(await causeOf(message, { current: mask }), "Error: the peer said *****************");
  assertEquals(await causeOf(message, { current: undefined }), `Error: ${message}`);
  assertEquals(await causeOf(message, undefined), `Error: ${message}`);
});

/** What a test lets arrive at one side, in order. */
class Inbox<T> {
  #items: (() => Promise<T>)[] = [];
  #wake = () => {};

  add(item: () => Promise<T>): void {
    this.#items.push(item);
    this.#wake();
  }

  async next(): Promise<T> {
    while (this.#items.length === 0) {
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    return await this.#items.shift()!();
  }
}

const GOING_AWAY = "1001 The proxy is shutting down";
const REVOKED = "1008 The client was revoked";
const LOST = "1011 The connection to the upstream was lost";

/** A relay between two sides that do what a test says, and all that it did to them, in order. */
class Session {
  readonly done: string[] = [];
  readonly entry = entryOf({ bytesDown: 0 });
  readonly fromClient = new Inbox<readonly Message[] | undefined>();
  readonly fromUpstream = new Inbox<Received>();
  readonly client = {
    opened: Promise.resolve(),
    closing: undefined as Closing | undefined,
    canSend: true,
    ended: Promise.resolve(),
    receive: () => this.fromClient.next(),
    send: (message: Message): Promise<void> | undefined => {
      this.done.push(`to client ${new TextDecoder().decode(message.bytes)}`);
      return undefined;
    },
    pause: () => {
      this.done.push("pause");
      this.client.canSend = true;
      return Promise.resolve();
    },
    close: (closing: Closing) => this.#end("close", closing),
    cut: (closing: Closing) => this.#end("cut", closing),
  };
  readonly upstream = {
    receive: () => this.fromUpstream.next(),
    send: (messages: readonly Message[]): Promise<void> => {
      this.done.push(`to upstream ${messages.length}`);
      return Promise.resolve();
    },
    freeMessage: () => void this.done.push("free"),
    close: ({ code, reason }: Closing, patienceMs?: number) => {
      this.done.push(["upstream close", code, reason, patienceMs ?? ""].join(" ").trim());
      return Promise.reject(new Error("broken pipe"));
    },
    end: () => {
      this.done.push("upstream end");
      return Promise.resolve();
    },
    destroy: () => void this.done.push("destroy"),
  };
  readonly relay: Relay;
  readonly #clientEnded = Promise.withResolvers<void>();

  constructor(mask?: CurrentMask) {
    this.client.ended = this.#clientEnded.promise;
    this.relay = new Relay({
      client: this.client as unknown as ClientSocket,
      upstream: this.upstream as unknown as WebSocketConnection,
      mask,
      span: {
        entry: this.entry,
        end: (outcome: string) => void this.done.push(`end ${outcome}`),
      } as unknown as RequestSpan,
    });
  }

  /** The client sends messages together. */
  clientSends(...messages: Message[]): void {
    this.fromClient.add(() => Promise.resolve(messages));
  }

  /** The client's connection has ended: it was closed, or else lost. */
  clientEnds(closing?: Closing): void {
    this.fromClient.add(() => {
      this.client.closing = closing;
      this.#clientEnded.resolve();
      return Promise.resolve(undefined);
    });
  }

  upstreamSends(received: Received): void {
    this.fromUpstream.add(() => Promise.resolve(received));
  }

  upstreamFails(error: unknown): void {
    this.fromUpstream.add(() => Promise.reject(error));
  }

  /** What was done since the last call. */
  took(): string[] {
    return this.done.splice(0);
  }

  /** The client answers at once, with a code of its own. */
  #end(how: string, { code, reason }: Closing): Promise<void> {
    this.done.push(`${how} ${code} ${reason}`.trim());
    this.clientEnds({ code: 4999, reason: "" });
    return Promise.resolve();
  }
}

const message = (text: string): Message => ({ text: true, bytes: new TextEncoder().encode(text) });

/** Lets everything happen that needs no time. */
function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

Deno.test("Relay passes messages both ways, and counts them with their bytes", async () => {
  const session = new Session();
  const { entry } = session;
  const running = session.relay.run();
  assertEquals(entry.webSocket, { messagesUp: 0, messagesDown: 0, closeCode: undefined });
  session.clientSends(message("ab"), message("cde"));
  session.clientSends(message("f"));
  session.upstreamSends({ message: message("xyz") });
  session.upstreamSends({ message: message("") });
  await settle();
  assertEquals(session.took().toSorted(), [
    "free",
    "free",
    "to client ",
    "to client xyz",
    "to upstream 1",
    "to upstream 2",
  ]);
  assertEquals([entry.webSocket?.messagesUp, entry.bytesUp], [3, 6]);
  assertEquals([entry.webSocket?.messagesDown, entry.bytesDown], [2, 3]);
  session.upstreamSends({ closing: { code: 4000, reason: "done" } });
  await running;
  assertEquals(session.took(), [
    "upstream close 4000 done",
    "close 4000 done",
    "upstream end",
    // What the client answered; the upstream has its close frame already.
    "upstream close 4999",
    "destroy",
    "end complete",
  ]);
  assertEquals([entry.webSocket?.closeCode, entry.cause], [4000, undefined]);
});

Deno.test("Relay reads on only once the upstream has taken what the client sent", async () => {
  const session = new Session();
  const written = Promise.withResolvers<void>();
  session.upstream.send = (messages) => {
    session.done.push(`to upstream ${messages.length}`);
    return written.promise;
  };
  const running = session.relay.run();
  session.clientSends(message("a"));
  session.clientSends(message("b"), message("c"));
  await settle();
  assertEquals([session.took(), session.entry.webSocket?.messagesUp, session.entry.bytesUp], [
    ["to upstream 1"],
    0,
    0,
  ]);
  written.resolve();
  await settle();
  assertEquals([session.took(), session.entry.webSocket?.messagesUp], [["to upstream 2"], 3]);
  session.upstreamSends(undefined);
  await running;
});

Deno.test("Relay frees a client's large message once it is sent, and leaves a small one alone", async () => {
  const session = new Session();
  const running = session.relay.run();
  const [small, large] = [4095, 4096].map((length) => ({ text: false, bytes: new Uint8Array(length) }));
  session.clientSends(small!, large!);
  await settle();
  assertEquals([small, large].map((each) => each!.bytes.buffer.detached), [false, true]);
  session.upstreamSends(undefined);
  await running;
});

Deno.test("Relay counts nothing that could not be sent to the upstream, and leaves its end to the other direction", async () => {
  const session = new Session();
  session.upstream.send = () => Promise.reject(new Error("broken pipe"));
  const running = session.relay.run();
  session.clientSends(message("a"));
  session.clientSends(message("b"));
  await settle();
  assertEquals([session.took(), session.entry.webSocket?.messagesUp, session.entry.bytesUp], [[], 0, 0]);
  session.upstreamSends(undefined);
  await running;
  assertEquals(session.took().at(-1), "end upstream_aborted");
});

Deno.test("Relay reads the next message only once the client has taken enough of the last", async () => {
  const session = new Session();
  const taken = Promise.withResolvers<void>();
  session.client.send = () => {
    session.done.push("to client");
    return taken.promise;
  };
  const running = session.relay.run();
  for (const text of ["a", "b"]) {
    session.upstreamSends({ message: message(text) });
  }
  await settle();
  // The runtime has a copy, so the memory is freed before.
  assertEquals(session.took(), ["to client", "free"]);
  taken.resolve();
  await settle();
  assertEquals(session.took(), ["to client", "free"]);
  session.upstreamSends(undefined);
  await running;
});

Deno.test("Relay sends nothing while the client's reading is just being stopped", async () => {
  const session = new Session();
  session.client.canSend = false;
  const running = session.relay.run();
  session.upstreamSends({ message: message("a") });
  await settle();
  assertEquals(session.took(), ["pause", "to client a", "free"]);
  session.upstreamSends({ message: message("b") });
  await settle();
  assertEquals(session.took(), ["to client b", "free"]);
  session.upstreamSends(undefined);
  await running;
});

Deno.test("Relay masks messages to the client and the reason of their end, and counts what it masked", async () => {
  const mask = { current: Mask.of([{ text: Secret.of("some-secret-token") }]) };
  const session = new Session(mask);
  const running = session.relay.run();
  session.upstreamSends({ message: message("a some-secret-token") });
  session.clientSends(message("some-secret-token"));
  session.upstreamSends({
    closing: { code: 1000, reason: "no some-secret-token" },
  });
  await running;
  const stars = "*".repeat(17);
  const done = session.took();
  assertEquals([
    done.includes(`to client a ${stars}`),
    done.includes(`close 1000 no ${stars}`),
  ], [true, true]);
  // The upstream gets its own reason back.
  assertEquals(done.includes("upstream close 1000 no some-secret-token"), true);
  assertEquals(session.entry.masked, 2);
});

Deno.test("Relay passes a reason on as it is where nothing is to be masked", async () => {
  const mask = { current: Mask.of([{ text: Secret.of("some-secret-token") }]) };
  for (
    const [given, reason] of [[mask, ""], [undefined, "why"], [{ current: undefined }, "why"]] as const
  ) {
    const session = new Session(given);
    const running = session.relay.run();
    session.upstreamSends({ closing: { code: 1000, reason } });
    await running;
    assertEquals(session.took().includes(`close 1000 ${reason}`.trim()), true);
  }
});

Deno.test("Relay closes the upstream as the client has closed", async () => {
  const session = new Session();
  const running = session.relay.run();
  session.clientEnds({ code: 4001, reason: "bye" });
  await settle();
  assertEquals(session.took(), ["upstream close 4001 bye"]);
  // It answers with another code, which is not what ended the session.
  session.upstreamSends({ closing: { code: 1000, reason: "" } });
  await running;
  assertEquals(session.took(), [
    "upstream close 1000",
    "close 1000",
    "upstream end",
    "destroy",
    "end complete",
  ]);
  assertEquals(session.entry.webSocket?.closeCode, 4001);
});

Deno.test("Relay drops the upstream of a client that was lost", async () => {
  const session = new Session();
  const running = session.relay.run();
  session.clientEnds();
  await settle();
  assertEquals(session.took(), ["destroy"]);
  session.upstreamFails(new Error("operation canceled"));
  await running;
  assertEquals(session.took().at(-1), "end client_aborted");
  // The upstream is not to blame.
  assertEquals([session.entry.webSocket?.closeCode, session.entry.cause], [1006, undefined]);
});

Deno.test("Relay closes a client with 1011 whose upstream was lost", async () => {
  for (const error of [undefined, new Error("connection reset")]) {
    const session = new Session();
    const running = session.relay.run();
    if (error === undefined) session.upstreamSends(undefined);
    else session.upstreamFails(error);
    await running;
    assertEquals(session.took(), [
      `close ${LOST}`,
      "upstream end",
      "upstream close 4999",
      "destroy",
      "end upstream_aborted",
    ]);
    assertEquals(session.entry.webSocket?.closeCode, 1006);
    assertEquals(session.entry.cause, error && "Error: connection reset");
  }
});

Deno.test("Relay tells an upstream how it broke the protocol, and a client only what concerns it", async () => {
  const ours = "1011 The upstream broke the WebSocket protocol";
  for (
    const [code, toClient] of [[1002, ours], [1007, ours], [1009, "1009 why"], [
      1013,
      "1013 why",
    ]] as const
  ) {
    const session = new Session();
    const running = session.relay.run();
    session.upstreamFails(new WebSocketViolation(code, "why"));
    await running;
    assertEquals(session.took(), [
      `upstream close ${code} why`,
      `close ${toClient}`,
      "upstream end",
      "upstream close 4999",
      "destroy",
      "end upstream_aborted",
    ]);
    assertEquals(session.entry.webSocket?.closeCode, code);
    assertEquals(session.entry.cause, "WebSocketViolation: why");
  }
});

Deno.test("Relay closes the upstream first when the service shuts down, and the client as soon as that has answered", async () => {
  using time = new FakeTime();
  const session = new Session();
  const running = session.relay.run();
  session.relay.drain(10_000);
  assertEquals(session.took(), [`upstream close ${GOING_AWAY} 5000`]);
  session.upstreamSends({ message: message("last") });
  session.upstreamSends({ closing: { code: 1000, reason: "fine" } });
  await running;
  assertEquals(session.took(), [
    "to client last",
    "free",
    "upstream close 1000 fine",
    `close ${GOING_AWAY}`,
    "upstream end",
    "upstream close 4999",
    "destroy",
    "end complete",
  ]);
  assertEquals([session.entry.webSocket?.closeCode, time.running], [1001, 0]);
});

Deno.test("Relay closes the client after half of the time when the upstream does not answer", async () => {
  using time = new FakeTime();
  const session = new Session();
  const running = session.relay.run();
  session.relay.drain(10_000);
  await time.pass(4_999);
  assertEquals(session.took(), [`upstream close ${GOING_AWAY} 5000`]);
  await time.pass(1);
  assertEquals(session.took(), [
    `close ${GOING_AWAY}`,
    "upstream close 4999",
  ]);
  session.upstreamSends(undefined);
  await running;
  assertEquals(session.took().at(-1), "end complete");
});

Deno.test("Relay ends both sides of a revoked client at once", async () => {
  const session = new Session();
  const running = session.relay.run();
  await settle();
  session.relay.revoke();
  assertEquals(session.took(), ["destroy", `cut ${REVOKED}`]);
  session.upstreamFails(new Error("operation canceled"));
  await running;
  assertEquals(session.took(), [
    "upstream close 4999",
    `close ${REVOKED}`,
    "upstream end",
    "destroy",
    "end revoked",
  ]);
  assertEquals([session.entry.webSocket?.closeCode, session.entry.cause], [1008, undefined]);
});

Deno.test("Relay goes on telling a revoked client so when the service shuts down after that", async () => {
  using _time = new FakeTime();
  const session = new Session();
  const running = session.relay.run();
  session.relay.revoke();
  session.relay.drain(10_000);
  session.upstreamSends(undefined);
  await running;
  const done = session.took();
  assertEquals(done.filter((each) => /^(?:close|cut|end) /.test(each)), [
    `cut ${REVOKED}`,
    `close ${REVOKED}`,
    "end revoked",
  ]);
  assertEquals(session.entry.webSocket?.closeCode, 1008);
});

Deno.test("Relay waits for the client's connection, and ends the session if something unforeseen happens", async () => {
  const session = new Session({
    current: Mask.of([{ text: Secret.of("some-secret-token") }]),
  });
  const opened = Promise.withResolvers<void>();
  session.client.opened = opened.promise;
  session.clientSends(message("a"));
  const running = session.relay.run();
  await settle();
  assertEquals(session.took(), []);
  opened.reject(new TypeError("no some-secret-token"));
  await running;
  assertEquals(session.took(), ["destroy", "end upstream_aborted"]);
  assertEquals([session.entry.webSocket?.closeCode, session.entry.cause], [
    1011,
    `TypeError: no ${"*".repeat(17)}`,
  ]);
});
