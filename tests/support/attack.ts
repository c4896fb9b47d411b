/**
 * Hostile requests on raw connections, one after the other against one service: what the agent gets for each, and every
 * byte that reaches the upstream.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { fromLatin1 } from "./bytes.ts";
import { type Scribe, startScribe } from "./scribe.ts";
import { type Service, startService } from "./service.ts";
import { TOKEN } from "./stage.ts";
import { connectRaw } from "./wire.ts";

/**
 * What is sent, and what comes of it.
 *
 * The agent's side is a list of answers in their order, each a status and the proxy's own code (`400 bad_request`), the
 * runtime's own status (`400`), or the target that the upstream was asked for (`200 /x`). Behind the attack, on the same
 * connection, comes an ordinary request for `/a/after`: an answer to it says that the connection serves on, and none that
 * the service hung up.
 */
export type Attack = readonly [
  name: string,
  sent: string,
  got: readonly string[],
  /** Of the requests before `/a/after`, all that reached the upstream; nothing unless told. */
  reached?: readonly UpstreamRequest[],
];

/** A request as the upstream gets it: the fields without Host and the credential, and the content with its framing. */
export type UpstreamRequest = readonly [line: string, fields?: readonly string[], content?: string];

/** The answer to the request behind an attack, where the connection serves on. */
export const AFTER = "200 /after";
/** The service refuses it, and serves on. */
export const REFUSED: readonly string[] = ["400 bad_request", AFTER];
/** The runtime refuses it, and hangs up. */
export const CUT: readonly string[] = ["400"];

/** A request's text: a line, `Host: proxy`, more fields, and content. */
export function requestText(line: string, fields: readonly string[] = [], content = ""): string {
  return [`${line} HTTP/1.1`, "Host: proxy", ...fields, "", content].join("\r\n");
}

/** A service under attack. */
export interface Besieged {
  readonly service: Service;
  readonly upstream: Scribe;
  /** Makes an attack, and then an ordinary request that must be served as if nothing had been. */
  suffer(attack: Attack): Promise<void>;
  /** The bytes of requests as the upstream gets them on route `/a/`. */
  bytesOf(requests: readonly UpstreamRequest[]): string;
}

/** Starts a service before the first test of the file, and ends it after the last. Route `/a/` unless told. */
export function useBesieged(routes = (upstream: string): object[] => [{ path: "/a/", upstream }]): Besieged {
  let set: { readonly service: Service; readonly upstream: Scribe } | undefined;

  Deno.test.beforeAll(async () => {
    const upstream = startScribe();
    const table = routes(upstream.url).map((route) => ({ auth_scheme: "Bearer", token_env: "A_TOKEN", ...route }));
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

  function bytesOf(requests: readonly UpstreamRequest[]): string {
    return requests.map(([line, fields = [], content = ""]) =>
      [
        `${line} HTTP/1.1`,
        `host: ${get().upstream.authority}`,
        ...fields,
        `Authorization: Bearer ${TOKEN}`,
        "",
        content,
      ].join("\r\n")
    ).join("");
  }

  async function suffer([, sent, got, reached = []]: Attack): Promise<void> {
    const { service, upstream } = get();
    const after = requestText("GET /a/after", ["Connection: close"]);
    const answers = await answersTo(service.port, sent + after);
    const tail: UpstreamRequest[] = got.at(-1) === AFTER ? [["GET /after"]] : [];
    assertEquals([answers, upstream.take()], [got, bytesOf([...reached, ...tail])]);
    const ordinary = await answersTo(service.port, requestText("GET /a/ordinary", ["Connection: close"]));
    assertEquals([ordinary, upstream.take()], [["200 /ordinary"], bytesOf([["GET /ordinary"]])]);
  }

  return {
    get service() {
      return get().service;
    },
    get upstream() {
      return get().upstream;
    },
    suffer,
    bytesOf,
  };
}

/** All answers on a connection of its own, until its end. */
export async function answersTo(port: number, sent: string): Promise<string[]> {
  await using wire = await connectRaw(port);
  // Who is refused in the middle of a head need not send the rest.
  await wire.send(sent).catch(() => {});
  return [...answersIn(fromLatin1((await wire.readToEnd()).bytes))];
}

/** The answers in a text; what is none, as it is. */
function* answersIn(text: string): Generator<string> {
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
