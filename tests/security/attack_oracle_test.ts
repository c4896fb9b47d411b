/**
 * Attacks that try to find out a secret that no response shows: the client places guesses in content, and looks at which
 * bytes come when. Each is also run against a mask with a fault, where it must find the secret.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { RequestLog } from "../../lib/log/request_log.ts";
import type { CurrentMask } from "../../lib/mask/table_mask.ts";
import { createHandler } from "../../lib/proxy/handler.ts";
import { BufferBudget } from "../../lib/upstream/buffer_budget.ts";
import { InFlightLimiter } from "../../lib/proxy/in_flight_limiter.ts";
import { Service } from "../../lib/proxy/service.ts";
import type { Exchange } from "../support/exchange.ts";
import { leakyMask } from "../support/leaky_mask.ts";
import { routerOf } from "../support/router.ts";
import { startService } from "../support/service.ts";
import { startUpstream } from "../support/upstream.ts";
import { connectRaw } from "../support/wire.ts";

const PUBLIC = "ghp_";
const TOKEN = `${PUBLIC}5a0c9e1f7b3d8246a5b4c3d2e1f09687ffe1`;
const GUESSED = 2;
const ALPHABET = [..."0123456789abcdef"];

/** What a client sees of a response: for each guess, something that it can compare. */
type Attack = (port: number, guesses: readonly string[]) => Promise<readonly string[]>;

/** How the upstream responds, by the request's path. The guesses follow in the query. */
const SCRIPTS: Readonly<Record<string, (exchange: Exchange, guesses: readonly string[]) => Promise<void>>> = {
  /** A file: each block of it ends in a guess. */
  async "/file"(exchange, guesses) {
    await exchange.write("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
    for (const guess of guesses) {
      await pause(15);
      await exchange.write(`${".".repeat(BLOCK - guess.length - 1)} ${guess}`);
    }
    exchange.close();
  },
  /** An echo that pauses after the guess. */
  async "/echo"(exchange, [guess = ""]) {
    await exchange.respond(200, { "Transfer-Encoding": "chunked" });
    await pause(15);
    await exchange.writeChunk(`some words ${guess}`);
    await exchange.closed;
  },
  /** Content with a length, of which a part comes late. */
  async "/length"(exchange, [guess = ""]) {
    await exchange.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
    await pause(15);
    await exchange.write(`some words ${guess}`);
    await exchange.closed;
  },
  /** A response that breaks off. */
  async "/break"(exchange, [guess = ""]) {
    await exchange.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
    await pause(15);
    await exchange.write(`some words ${guess}`);
    await pause(30);
    exchange.close();
  },
};

const BLOCK = 4096;
/** How long the client waits for more after the first words have come, in milliseconds. */
const LOOK = 150;

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function requestFor(path: string, guesses: readonly string[]): string {
  return `GET /a${path}?${guesses.join(",")} HTTP/1.1\r\nHost: proxy\r\nConnection: close\r\n\r\n`;
}

/** One download: where the chunks end, relative to the end of each guess. */
const chunkEnds: Attack = async (port, guesses) => {
  await using wire = await connectRaw(port, { timeoutMs: 20_000 });
  await wire.send(requestFor("/file", guesses));
  await wire.readHead();
  const ends: number[] = [];
  let end = 0;
  for (;;) {
    const size = parseInt(await wire.readUntil("\r\n"), 16);
    if (size === 0) break;
    await wire.readBytes(size);
    await wire.readBytes(2);
    ends.push(end += size);
  }
  return guesses.map((_, index) => {
    const at = (index + 1) * BLOCK;
    // The last block ends the file.
    return index === guesses.length - 1
      ? "the end"
      : ends.filter((end) => end > at - 50 && end <= at).map((end) => at - end).join();
  });
};

/** One request per guess: how much has come by the time of a pause, or of a break. */
function whatComes(path: string): Attack {
  return (port, guesses) =>
    Promise.all(guesses.map(async (guess) => {
      const come = await comeBy(port, requestFor(path, [guess]));
      return String(come.slice(come.indexOf(WORDS)).replaceAll("\r\n", "").length);
    }));
}

const WORDS = "some words ";

/** Sends a request, and returns what has come a while after the first words. */
async function comeBy(port: number, text: string): Promise<string> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  await conn.write(new TextEncoder().encode(text));
  const buffer = new Uint8Array(1024);
  const begun = Promise.withResolvers<void>();
  let come = "";
  const reading = (async () => {
    for (let count = await conn.read(buffer); count !== null; count = await conn.read(buffer)) {
      come += new TextDecoder().decode(buffer.subarray(0, count));
      if (come.includes(WORDS)) begun.resolve();
    }
  })().catch(() => {}).finally(() => begun.resolve());
  await begun.promise;
  await pause(LOOK);
  const seen = come;
  conn.close();
  await reading;
  return seen;
}

const ATTACKS: Readonly<Record<string, Attack>> = {
  "the chunks of a file's download": chunkEnds,
  "the pieces of a streaming echo": whatComes("/echo"),
  "the pieces of content with a length": whatComes("/length"),
  "what comes before a break": whatComes("/break"),
};

/** Guesses the secret character by character: the guess of which something else is seen than of all others, twice. */
async function recover(attack: Attack, port: number): Promise<string> {
  let known = PUBLIC;
  for (let round = 0; round < GUESSED; round++) {
    const odd = [await oddOne(attack, port, known), await oddOne(attack, port, known)];
    // A busy machine may make a guess look odd once.
    if (odd[0] === undefined || odd[0] !== odd[1]) break;
    known += odd[0];
  }
  return known;
}

async function oddOne(attack: Attack, port: number, known: string): Promise<string | undefined> {
  const guesses = [...ALPHABET.map((char) => known + char), `${known}~`];
  const seen = (await attack(port, guesses)).slice(0, -1);
  const odd = ALPHABET.filter((_, index) => seen.filter((each) => each === seen[index]).length === 1);
  return odd.length === 1 ? odd[0] : undefined;
}

function startGuessedUpstream() {
  return startUpstream(async (exchange) => {
    const [path = "", query = ""] = exchange.target.split("?");
    await SCRIPTS[path]!(exchange, query.split(","));
  });
}

function routesTo(upstream: string) {
  return { routes: [{ path: "/a/", upstream, auth_scheme: "Bearer", token_env: "A_TOKEN" }] };
}

/** Serves the routes in this process, with another mask. */
async function serveWith(
  upstream: string,
  change: (mask: CurrentMask) => CurrentMask,
): Promise<Deno.HttpServer<Deno.NetAddr>> {
  const router = await routerOf(routesTo(upstream), { A_TOKEN: TOKEN });
  const service = new Service({
    router: { ...router, mask: change(router.mask) },
    limiter: new InFlightLimiter(100),
    log: new RequestLog([]),
    budget: new BufferBudget(64 * 1024 * 1024),
  });
  const options = {
    hostname: "127.0.0.1",
    port: 0,
    onListen() {},
    onError: () => new Response(null, { status: 500 }),
  };
  return Deno.serve(options, createHandler(service));
}

Deno.test("no attack on the mask tells more of a secret than its public beginning", async (test) => {
  await using upstream = startGuessedUpstream();
  await using service = await startService({ routes: routesTo(upstream.url), env: { A_TOKEN: TOKEN } });
  for (const [name, attack] of Object.entries(ATTACKS)) {
    await test.step(name, async () => assertEquals(await recover(attack, service.port), PUBLIC));
  }
});

Deno.test("each attack finds the secret if the mask holds back what resembles it", async (test) => {
  await using upstream = startGuessedUpstream();
  await using server = await serveWith(upstream.url, (mask) => leakyMask(mask, TOKEN));
  for (const [name, attack] of Object.entries(ATTACKS)) {
    await test.step(name, async () => {
      const wanted = TOKEN.slice(0, PUBLIC.length + GUESSED);
      let found = "";
      for (let tries = 0; found !== wanted && tries < 5; tries++) {
        found = await recover(attack, server.addr.port);
      }
      assertEquals(found, wanted);
    });
  }
});
