/**
 * Services that hold canaries, in front of an upstream that sends them back: over HTTP and TLS, and with each kind of log.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { makeAuthority } from "./authority.ts";
import { codingsOf } from "../../lib/coding/content_codings.ts";
import { DecodedCopy } from "../../lib/coding/decoded_copy.ts";
import { BufferBudget } from "../../lib/upstream/buffer_budget.ts";
import { BadResponse } from "../../lib/upstream/errors.ts";
import { ByteSource, fromLatin1, join, latin1 } from "./bytes.ts";
import { assertNoCanary, CANARIES, type Canary, CANARY_ENV, canaryRoutes, payloadOf } from "./canary.ts";
import type { Exchange } from "./exchange.ts";
import { framingOf, parseHead, readBody, Truncated } from "./message.ts";
import { type Service, startService } from "./service.ts";
import { startUpstream, type Upstream } from "./upstream.ts";
import { connectRaw } from "./wire.ts";

/** A response with which an upstream sends the secret back, and what the client gets. */
export interface LeakCase {
  readonly name: string;
  /** @param payload The secret in all forms, on one line. */
  readonly respond: (exchange: Exchange, payload: string) => Promise<void> | void;
  /** The client's status; 200 by default. */
  readonly status?: number;
  /** Where the masked payload appears: in the content by default, `none` if nowhere, `any` if it depends. */
  readonly shows?: "content" | "head" | "none" | "any";
  /** The client's method; GET by default. */
  readonly method?: string;
}

/** The running services. */
export interface LeakFixture {
  /** Runs each case in a test step, with each canary and each service. */
  run(test: Deno.TestContext, cases: readonly LeakCase[]): Promise<void>;
  readonly services: readonly Service[];
}

/** The log settings of the services, and whether their upstreams use TLS. */
const VARIANTS = [
  { tls: false, env: {} },
  { tls: true, env: { CRED_PROXY_DEBUG: "1" } },
  { tls: false, env: { CRED_PROXY_LOG: "json" } },
] as const;

/** Starts the services before the first test of the file and stops them after the last. */
export function useLeakFixture(): LeakFixture {
  let current: LeakCase["respond"] = () => {};
  let payload = "";
  const upstreams: Upstream[] = [];
  const services: Service[] = [];

  Deno.test.beforeAll(async () => {
    const authority = await makeAuthority();
    const leaf = await authority.issue(["localhost"]);
    for (const { tls, env } of VARIANTS) {
      const upstream = startUpstream((exchange) => current(exchange, payload), tls ? { tls: leaf } : {});
      upstreams.push(upstream);
      services.push(
        await startService({
          routes: { routes: canaryRoutes(upstream.url) },
          env: { ...CANARY_ENV, ...env },
          ca: authority.pem,
        }),
      );
    }
  });
  Deno.test.afterAll(async () => {
    for (const each of [...services, ...upstreams]) await each[Symbol.asyncDispose]();
  });

  async function check(
    { name, respond, status = 200, shows = "content", method = "GET" }: LeakCase,
    canary: Canary,
  ) {
    [current, payload] = [respond, payloadOf(canary)];
    for (const { port } of services) {
      const what = `${canary.variable}: ${name}`;
      const response = await ask(port, `${method} ${canary.route.path}x`);
      assertNoCanary(response.raw, what);
      // Chunk sizes in the raw text could split a piece.
      if (!response.raw.endsWith(response.content)) assertNoCanary(response.content, what);
      assertNoCanary(await decoded(response), what);
      if (shows === "any") continue;
      assertEquals(response.status, status, `${what}: ${response.raw}`);
      const places = { content: response.content.includes(MASKED), head: response.head.includes(MASKED) };
      assertEquals(
        places,
        { content: shows === "content", head: shows === "head" },
        `${what}: ${response.raw.slice(0, 2000)}`,
      );
    }
  }

  return {
    services,
    async run(test, cases) {
      for (const each of cases) {
        await test.step(each.name, async () => {
          for (const canary of CANARIES) await check(each, canary);
        });
      }
      for (const service of services) {
        assert(service.stderr() !== "");
        assertNoCanary(service.stdout() + service.stderr(), "The log");
      }
    },
  };
}

/** Returns what content holds within its codings, as far as it can be decoded. */
async function decoded({ head, content }: RawResponse): Promise<string> {
  const codings = codingsOf(/^content-encoding: (.*?)\r$/im.exec(head)?.[1] ?? "") ?? [];
  const copy = new DecodedCopy(codings, new BufferBudget(Infinity).reserve());
  let text = "";
  try {
    if (content !== "") { for await (const piece of copy.push(latin1(content))) text += fromLatin1(piece); }
  } catch (error) {
    if (!(error instanceof BadResponse)) throw error;
  } finally {
    copy.close();
  }
  return text;
}

/** What a payload begins with once it is masked. */
const MASKED = `[${"*".repeat(20)}`;

/** All that a client gets, one character per byte. */
interface RawResponse {
  /** As received, with the framing, up to the end of the connection. */
  readonly raw: string;
  readonly status: number;
  readonly head: string;
  /** Without the framing. */
  readonly content: string;
}

/** Sends a request on a new connection. @param line A method and a target. */
export async function ask(port: number, line: string, fields: readonly string[] = []): Promise<RawResponse> {
  await using wire = await connectRaw(port);
  const all = ["Host: proxy", "Accept-Encoding: gzip, br, zstd, deflate", "Connection: close", ...fields];
  await wire.send([`${line} HTTP/1.1`, ...all, "", ""].join("\r\n"));
  const { bytes } = await wire.readToEnd();
  const raw = fromLatin1(bytes);
  const head = raw.slice(0, raw.indexOf("\r\n\r\n") + 4);
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1]);
  return { raw, head, status, content: await contentOf(head, bytes.subarray(head.length)) };
}

/** Decodes the framing of the content, as far as it arrived. */
async function contentOf(head: string, rest: Uint8Array): Promise<string> {
  const pieces = [rest];
  const source = new ByteSource({
    read(room) {
      const piece = pieces[0]?.subarray(0, room.length) ?? new Uint8Array();
      room.set(piece);
      pieces[0] = pieces[0]?.subarray(piece.length) ?? piece;
      return Promise.resolve(piece.length === 0 ? null : piece.length);
    },
  });
  const parts: Uint8Array[] = [];
  try {
    for await (const part of readBody(source, framingOf(parseHead(head).fields, { kind: "end" }))) {
      parts.push(part);
    }
  } catch (error) {
    if (!(error instanceof Truncated)) throw error;
  }
  return fromLatin1(join(parts));
}
