/**
 * Hostile requests on raw connections, one after the other against one service: what the agent gets for each, and every
 * byte that reaches the upstream.
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
 * What is sent, and what comes of it.
 *
 * What the agent gets is a list of answers in their order. Each is a status with the proxy's own code (`400 bad_request`),
 * the runtime's own status (`400`), or the target that the upstream was asked for (`200 /x`). Behind the attack, on the
 * same connection, comes an ordinary request for `/a/after`: an answer to it says that the connection serves on, and none
 * that the service has hung up.
 */
export type Attack = readonly [
  name: string,
  sent: string,
  got: readonly string[],
  /** All that reached the upstream before `/a/after`; nothing unless told. */
  reached?: readonly UpstreamRequest[],
];

/** A request as the upstream gets it: the agent's fields in it, and its content with the framing. */
export type UpstreamRequest = readonly [line: string, fields?: readonly string[], content?: string];

/** The answer to the request behind an attack, where the connection serves on. */
export const AFTER = "200 /after";
/** The service refuses it, and serves on. */
export const REFUSED: readonly string[] = ["400 bad_request", AFTER];
/** The runtime refuses it, and hangs up. */
export const CUT: readonly string[] = ["400"];
/** The runtime hangs up without a word. */
export const HUNG_UP: readonly string[] = [];
/** It is an ordinary request. */
export const SERVED: readonly string[] = ["200 /x", AFTER];

/** A request's text: a line, `Host: proxy`, more fields, and content. */
export function requestText(line: string, fields: readonly string[] = [], content = ""): string {
  return [`${line} HTTP/1.1`, "Host: proxy", ...fields, "", content].join("\r\n");
}

/** How an attack is sent: in one write, or each byte in one of its own. */
export type Delivery = "at once" | "byte by byte";

/** A service under attack. */
export interface AttackFixture {
  readonly service: Service;
  readonly upstream: RecordingUpstream;
  /** Makes each attack in a step of the test, and after each an ordinary request, to be served as if nothing had been. */
  run(test: Deno.TestContext, attacks: readonly Attack[], delivery?: Delivery): Promise<void>;
  /** Asks for an ordinary path, and nothing but this request may reach the upstream. */
  assertServes(): Promise<void>;
  /** The bytes of requests as the upstream gets them on a route with `Authorization: Bearer`. */
  expectedBytes(requests: readonly UpstreamRequest[]): string;
}

/** Starts a service before the first test of the file, and ends it after the last. Route `/a/` goes without saying. */
export function useAttackFixture(more = (_upstream: string): object[] => []): AttackFixture {
  let set: { readonly service: Service; readonly upstream: RecordingUpstream } | undefined;

  Deno.test.beforeAll(async () => {
    const upstream = startRecordingUpstream();
    const routes = [{ path: "/a/", upstream: upstream.url }, ...more(upstream.url)];
    const table = routes.map((route) => ({ auth_scheme: "Bearer", token_env: "A_TOKEN", ...route }));
    set = { upstream, service: await startService({ routes: { routes: table }, env: { A_TOKEN: TOKEN } }) };
  });
  Deno.test.afterAll(async () => {
    await set?.service[Symbol.asyncDispose]();
    await set?.upstream[Symbol.asyncDispose]();
  });

  function get() {
    if (set === undefined) throw new Error("Cannot use a besieged service outside of a test");
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

/** Sends text over a connection of its own, and gives all answers until the service closes it. */
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
    // Whoever is refused in the middle of a request can't send the rest.
  }
  const text = fromLatin1(await within(source.readToEnd(), `The end of a connection with ${source.peek()}`));
  assert(!text.includes(TOKEN), text);
  return [...responsesIn(text)];
}

/** The answers in a text; what is none, as it is. */
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
