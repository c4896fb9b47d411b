/**
 * What is fuzzed: the pure parsers that read bytes of a stranger. Each target feeds bytes to one, and throws where what
 * it makes of them contradicts itself. They run in Deno as in Node, where the fuzzer is.
 *
 * @module
 */

import { issuerOf, parseJwt } from "../../lib/clients/jwt.ts";
import { ZstdFrames } from "../../lib/coding/zstd_frames.ts";
import { parseRoutes } from "../../lib/config/route/route_table.ts";
import { Refusal } from "../../lib/http/refusal.ts";
import { parseTarget } from "../../lib/proxy/target.ts";
import { ChunkedDecoder } from "../../lib/upstream/chunked.ts";
import { BadResponse, WebSocketViolation } from "../../lib/upstream/errors.ts";
import { responseFraming } from "../../lib/upstream/response_framing.ts";
import { findHeadEnd, parseResponseHead } from "../../lib/upstream/response_head.ts";
import { FrameDecoder } from "../../lib/upstream/websocket/frame_decoder.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Feeds bytes to one parser. @throws Where it fails in another way than it may, or contradicts itself. */
export type FuzzTarget = (bytes: Bytes) => void;

/** All targets, by their names. */
export const TARGETS: Readonly<Record<string, FuzzTarget>> = {
  "response-head": fuzzResponseHead,
  "chunked": fuzzChunked,
  "websocket": fuzzWebSocket,
  "zstd": fuzzZstd,
  "table": fuzzTable,
  "target": fuzzTarget,
  "jwt": fuzzJwt,
};

/** One character per byte. */
function textOf(bytes: Bytes): string {
  // Not by TextDecoder, whose "latin1" is windows-1252.
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

function assertSame(one: unknown, other: unknown, what: string): void {
  const [a, b] = [JSON.stringify(one), JSON.stringify(other)];
  if (a !== b) throw new Error(`${what}: ${a} and ${b}`);
}

/** Runs an action. @returns What it returns, or `failed` if it throws an error of a class; others are thrown on. */
function attempt<T, F>(
  action: () => T,
  allowed: new (...args: never[]) => Error,
  failed: F,
): T | F {
  try {
    return action();
  } catch (error) {
    if (error instanceof allowed) return failed;
    throw error;
  }
}

/** Cuts bytes where their own values say. */
function pieces(bytes: Bytes, step: number): Bytes[] {
  const cut: Bytes[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = step === 0 ? bytes.length : 1 + (bytes[at]! * step) % 7;
    cut.push(bytes.slice(at, at + length));
    at += length;
  }
  return cut;
}

/** Where the head ends in some pieces: -1 if more is needed. */
function headEnd(cut: readonly Bytes[]): number | "failed" {
  const received: number[] = [];
  return attempt(
    () => {
      for (const piece of cut) {
        const seen = received.length;
        received.push(...piece);
        const end = findHeadEnd(Uint8Array.from(received), seen);
        if (end >= 0) return end;
      }
      return -1;
    },
    BadResponse,
    "failed",
  );
}

/** Each field line of an accepted head is one field, whoever splits it; and its framing is decided or refused. */
function fuzzResponseHead(bytes: Bytes): void {
  const whole = headEnd([bytes]);
  assertSame(whole, headEnd(Array.from(bytes, (byte) => Uint8Array.of(byte))), "at once and byte by byte");
  const text = textOf(bytes);
  const head = attempt(() => parseResponseHead(text), BadResponse, undefined);
  if (head === undefined) return;
  const lines = text.slice(0, -4).split(/\r\n|\r|\n/).slice(1);
  const fields = lines.map((line) => {
    const colon = line.indexOf(":");
    return [
      line.slice(0, colon).toLowerCase(),
      line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, ""),
    ];
  });
  assertSame(
    head.fields.map(([name, value]) => [name.toLowerCase(), value]),
    fields,
    "the fields",
  );
  for (const method of ["GET", "HEAD"]) {
    const framing = attempt(
      () => responseFraming(method, head),
      BadResponse,
      undefined,
    );
    if (framing?.kind !== "length") continue;
    const lengths = fields.filter(([name]) => name === "content-length").map((
      [, value],
    ) => value);
    assertSame(
      [String(framing.length)],
      lengths.map((each) => each!.replace(/^0+(?=\d)/, "")),
      "the length",
    );
  }
}

/** What a decoder makes of pieces: the content, the bytes after the end, and whether it failed. */
function dechunk(cut: readonly Bytes[]): unknown {
  const decoder = new ChunkedDecoder();
  const content: number[] = [];
  let left = 0;
  const failed = attempt(
    () => {
      for (const piece of cut) {
        const copy = piece.slice();
        const { end, read } = decoder.done ? { end: 0, read: 0 } : decoder.decode(copy, 0, copy.length);
        content.push(...copy.subarray(0, end));
        left += copy.length - read;
      }
      return false;
    },
    BadResponse,
    true,
  );
  return failed ? "failed" : { content, left, done: decoder.done, trailers: decoder.trailers };
}

function fuzzChunked(bytes: Bytes): void {
  const whole = dechunk([bytes]);
  assertSame(
    whole,
    dechunk(Array.from(bytes, (byte) => Uint8Array.of(byte))),
    "at once and byte by byte",
  );
  assertSame(whole, dechunk(pieces(bytes, 3)), "at once and in pieces");
}

/** The messages and control frames in some pieces, and the code of what is wrong. */
function messagesIn(cut: readonly Bytes[], role: "client" | "server"): unknown {
  const decoder = new FrameDecoder({ role, messageLimit: 1000 });
  const events: unknown[] = [];
  let message: number[] = [];
  try {
    for (const piece of cut) {
      for (const event of decoder.decode(piece.slice())) {
        if (event.kind === "close") events.push([event.kind, event.closing]);
        else if (event.kind !== "data") {
          events.push([event.kind, ...event.bytes]);
        } else {
          message.push(...event.bytes);
          if (!event.last) continue;
          events.push([event.text, ...message]);
          message = [];
        }
      }
    }
    return { events };
  } catch (error) {
    if (error instanceof WebSocketViolation) {
      return { events, code: error.code };
    }
    throw error;
  }
}

function fuzzWebSocket(bytes: Bytes): void {
  for (const role of ["client", "server"] as const) {
    const whole = messagesIn([bytes], role);
    assertSame(
      whole,
      messagesIn(Array.from(bytes, (byte) => Uint8Array.of(byte)), role),
      "at once and byte by byte",
    );
    assertSame(
      whole,
      messagesIn(pieces(bytes, 3), role),
      "at once and in pieces",
    );
  }
}

/** Where the frames end, up to something else than one. */
function zstdEnds(cut: readonly Bytes[]): unknown {
  const frames = new ZstdFrames();
  const ends: number[] = [];
  let at = 0;
  for (const piece of cut) {
    for (let from = 0; from < piece.length;) {
      const read = attempt(() => frames.read(piece.subarray(from)), BadResponse, undefined);
      if (read === undefined) return [ends, "failed"];
      if (read <= 0 || read > piece.length - from) {
        throw new Error(`${read} of ${piece.length - from} bytes read`);
      }
      from += read;
      at += read;
      if (frames.isAtEnd) ends.push(at);
    }
  }
  return [ends, frames.isAtEnd, frames.unfinished, frames.window];
}

function fuzzZstd(bytes: Bytes): void {
  const whole = zstdEnds([bytes]);
  assertSame(
    whole,
    zstdEnds(Array.from(bytes, (byte) => Uint8Array.of(byte))),
    "at once and byte by byte",
  );
  assertSame(whole, zstdEnds(pieces(bytes, 3)), "at once and in pieces");
}

/** A table is accepted or has problems, each with a path and a message; what is accepted is JSON. */
function fuzzTable(bytes: Bytes): void {
  const text = new TextDecoder().decode(bytes);
  const result = parseRoutes(text);
  if (result.ok) {
    JSON.parse(text);
    for (const route of result.value.routes) {
      if (!route.path?.startsWith("/") && route.host === undefined) {
        throw new Error("a route that nothing reaches");
      }
    }
  } else if (
    result.problems.length === 0 ||
    result.problems.some(({ message }) => message === "")
  ) {
    throw new Error("rejected without a reason");
  }
}

/** A target that is accepted has the segments that a URL parser finds in it, in whichever order it decodes. */
function fuzzTarget(bytes: Bytes): void {
  checkTarget(textOf(bytes));
  checkTarget(`/${textOf(bytes)}`);
}

function checkTarget(text: string): void {
  const target = attempt(
    () => parseTarget(`http://proxy${text}`, "proxy"),
    Refusal,
    undefined,
  );
  if (target === undefined) return;
  assertSame(target.path + target.query, text, "the target");
  const { pathname, host } = new URL(`http://proxy${text}`);
  assertSame([pathname.split("/").length, host], [
    target.path.split("/").length,
    "proxy",
  ], "the segments");
  for (const segment of target.path.split(/\/|%2f|%5c/i)) {
    const [plain = ""] = segment.replaceAll(/%2e/gi, ".").split(";");
    if (plain === "." || plain === "..") {
      throw new Error(`a dot segment: ${segment}`);
    }
  }
}

/** A token that is accepted says to another reader what it says here. */
function fuzzJwt(bytes: Bytes): void {
  const text = textOf(bytes);
  checkJwt(text);
  // As base64url hides what the parts say from the fuzzer, lines become parts.
  checkJwt(
    text.split("\n").map((part) => btoa(part).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", ""))
      .join("."),
  );
}

function checkJwt(text: string): void {
  const jwt = parseJwt(text);
  if (jwt === undefined) return;
  const [head = "", claims = ""] = text.split(".");
  assertSame(textOf(jwt.signed), `${head}.${claims}`, "what is signed");
  assertSame(jwt.algorithm, jsonOf(head).alg, "the algorithm");
  const issuer = jsonOf(claims).iss;
  assertSame(
    issuerOf(jwt),
    typeof issuer === "string" ? issuer : undefined,
    "the issuer",
  );
}

// deno-lint-ignore no-explicit-any -- what anybody signed
function jsonOf(part: string): any {
  const bytes = Uint8Array.from(
    atob(part.replaceAll("-", "+").replaceAll("_", "/")),
    (char) => char.charCodeAt(0),
  );
  return JSON.parse(new TextDecoder().decode(bytes));
}
