/**
 * Hostile requests on raw connections against one service: what the client gets for each, and every byte that reaches
 * the upstream.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { ByteSource, fromLatin1, writeAll } from "./bytes.ts";
import { type RecordingUpstream, startRecordingUpstream } from "./recording_upstream.ts";
import { type Service, startService } from "./service.ts";
import { TOKEN } from "./fixture.ts";
import { within } from "./within.ts";

/**
 * The text to send and the expected outcome.
 *
 * The client gets a list of responses. Each is a status with the proxy's own code (`400 bad_request`), the runtime's own
 * status (`400`), or the target that the upstream received (`200 /x`). After the attack, on the same connection, an
 * ordinary request for `/a/after` follows: a response to it shows that the connection is still usable, and its absence
 * that the service has closed it.
 */
export type Attack = readonly [
  name: string,
  sent: string,
  got: readonly string[],
  /** Everything that reached the upstream before `/a/after`; nothing by default. */
  reached?: readonly UpstreamRequest[],
];

/** A request as the upstream gets it: the client's fields that it has, and its content with the framing. */
export type UpstreamRequest = readonly [line: string, fields?: readonly string[], content?: string];

/** The response to the request after an attack, if the connection is still usable. */
export const AFTER = "200 /after";
/** The service refuses it and keeps the connection. */
export const REFUSED: readonly string[] = ["400 bad_request", AFTER];
/** The runtime refuses it and closes the connection. */
export const CUT: readonly string[] = ["400"];
/** The runtime closes the connection without a response. */
export const HUNG_UP: readonly string[] = [];
/** The service serves it as an ordinary request. */
export const SERVED: readonly string[] = ["200 /x", AFTER];

/** Returns a request's text: its line, `Host: proxy`, more fields, and content. */
export function requestText(line: string, fields: readonly string[] = [], content = ""): string {
  return [`${line} HTTP/1.1`, "Host: proxy", ...fields, "", content].join("\r\n");
}

/** How an attack is sent: in one write, or one write per byte. */
export type Delivery = "at once" | "byte by byte";

/** A service under attack. */
export interface AttackFixture {
  readonly service: Service;
  readonly upstream: RecordingUpstream;
  /** Runs each attack in a test step, and after each an ordinary request, which must be served. */
  run(test: Deno.TestContext, attacks: readonly Attack[], delivery?: Delivery): Promise<void>;
  /** Sends an ordinary request and asserts that nothing else reaches the upstream. */
  assertServes(): Promise<void>;
  /** Returns requests as the upstream gets them on a route with `Authorization: Bearer`. */
  expectedBytes(requests: readonly UpstreamRequest[]): string;
}

/**
 * Starts a service before the first test of the file and stops it after the last. The table always has route `/a/`.
 *
 * @param more Returns further routes.
 * @param fields Fields of the route `/a/`.
 */
export function useAttackFixture(
  more = (_upstream: string): object[] => [],
  fields: object = {},
): AttackFixture {
  let set: { readonly service: Service; readonly upstream: RecordingUpstream } | undefined;

  Deno.test.beforeAll(async () => {
    const upstream = startRecordingUpstream();
    const routes = [{ path: "/a/", upstream: upstream.url, ...fields }, ...more(upstream.url)];
    const table = routes.map((route) => ({ auth_scheme: "Bearer", token_env: "A_TOKEN", ...route }));
    set = { upstream, service: await startService({ routes: { routes: table }, env: { A_TOKEN: TOKEN } }) };
  });
  Deno.test.afterAll(async () => {
    await set?.service[Symbol.asyncDispose]();
    await set?.upstream[Symbol.asyncDispose]();
  });

  function get() {
    if (set === undefined) throw new Error("Cannot use an attack fixture outside of a test");
    return set;
  }

  function expectedBytes(requests: readonly UpstreamRequest[]): string {
    return requests.map(([line, fields = [], content = ""]) =>
      [
        `${line} HTTP/1.1`,
        `host: ${get().upstream.authority}`,
        "accept-encoding: identity",
        ...fields,
        `Authorization: Bearer ${TOKEN}`,
        "",
        content,
      ].join("\r\n")
    ).join("");
  }

  async function assertServes(): Promise<void> {
    const got = await responsesTo(get().service.port, requestText("GET /a/ordinary", ["Connection: close"]));
    assertEquals([got, get().upstream.take()], [["200 /ordinary"], expectedBytes([["GET /ordinary"]])]);
  }

  async function sufferOne([, sent, got, reached = []]: Attack, delivery: Delivery): Promise<void> {
    const { service, upstream } = get();
    const all = sent + requestText("GET /a/after", ["Connection: close"]);
    const answers = await responsesTo(service.port, all, delivery);
    const tail: UpstreamRequest[] = got.at(-1) === AFTER ? [["GET /after"]] : [];
    assertEquals([answers, upstream.take()], [got, expectedBytes([...reached, ...tail])]);
    await assertServes();
  }

  return {
    get service() {
      return get().service;
    },
    get upstream() {
      return get().upstream;
    },
    async run(test, attacks, delivery = "at once") {
      for (const attack of attacks) {
        const [name, , got] = attack;
        await test.step(`${name}: ${got.join(", ") || "no answer"}`, () => sufferOne(attack, delivery));
      }
    },
    assertServes,
    expectedBytes,
  };
}

/** Sends text over a new connection and returns all responses until the service closes it. */
export async function responsesTo(
  port: number,
  sent: string,
  delivery: Delivery = "at once",
): Promise<string[]> {
  using conn = await Deno.connect({ hostname: "127.0.0.1", port });
  conn.setNoDelay();
  const source = new ByteSource(conn);
  try {
    for (const piece of delivery === "at once" ? [sent] : sent) await writeAll(conn, piece);
  } catch {
    // After a refusal within a request, the rest can't be sent.
  }
  const text = fromLatin1(await within(source.readToEnd(), `The end of a connection with ${source.peek()}`));
  assert(!text.includes(TOKEN), text);
  return [...responsesIn(text)];
}

/** Yields the responses in a text; anything else is yielded unchanged. */
function* responsesIn(text: string): Generator<string> {
  while (text !== "") {
    const [head, status] = /^HTTP\/1\.[01] (\d{3})[^\r\n]*\r\n(?:[^\r\n]+\r\n)*\r\n/.exec(text) ?? [];
    if (head === undefined) return yield text;
    const end = head.length + Number(/^content-length: (\d+)\r$/im.exec(head)?.[1] ?? 0);
    const content = text.slice(head.length, end);
    const code = /^cred-proxy-error: (\w+)\r$/im.exec(head)?.[1] ?? content;
    yield code === "" ? `${status}` : `${status} ${code}`;
    text = text.slice(end);
  }
}
