import { type Decoding, decodingFor } from "../coding/decode.ts";
import type { RouteConfig } from "../config/route/route_config.ts";
import type { Mask } from "../mask/mask.ts";
import { MaskedSource } from "../mask/masked_source.ts";
import type { CurrentMask } from "../mask/table_mask.ts";
import { BadResponse } from "../upstream/errors.ts";
import { Resumed, type Source } from "../upstream/source.ts";
import type { HttpResponse, UpstreamResponse } from "../upstream/transport.ts";
import type { RequestSpan } from "./request_span.ts";
import { copyResponseFields } from "./response_fields.ts";
import { responseStream } from "./response_stream.ts";

/** What a response goes through on its way to the client. */
export interface RespondOptions {
  readonly route: Pick<RouteConfig, "scrub" | "cookies" | "upstream" | "path">;
  readonly mask: CurrentMask;
  readonly span: RequestSpan;
}

/** Statuses whose responses can't have content: the runtime accepts none, and RFC 9110 allows none. */
const WITHOUT_CONTENT: ReadonlySet<number> = new Set([204, 205, 304]);

/**
 * Passes the upstream's response on to the client: the head without the fields of the upstream's connection, the
 * content as it comes, the secrets masked in both. The span ends when the last byte has gone.
 *
 * @throws {BadResponse} For what can't be passed on.
 */
export async function respond(
  upstream: UpstreamResponse,
  { route, mask: tableMask, span }: RespondOptions,
): Promise<Response> {
  if (upstream.kind === "protocol_change") {
    upstream.connection.close();
    throw new BadResponse("unrequested protocol change");
  }
  const { head, framing, body, reused } = upstream;
  const { entry } = span;
  entry.reused = reused;
  entry.firstByteMs = performance.now() - entry.began;
  try {
    if (head.status > 599) throw new BadResponse("status above 599");
    const source = route.scrub ? tableMask : undefined;
    const mask = source?.current;
    const decoding = mask && framing.kind !== "none" ? decodingOf(upstream) : undefined;
    entry.status = head.status;
    // What came together with the head goes on without waiting for a turn of the loop.
    const whole = decoding === undefined ? body.borrowAll() : undefined;
    const content = whole === undefined
      ? await contentFor(upstream, { decoding, mask: source, span })
      : wholeContent(upstream, mask, whole);
    // The runtime sends a 205 without a length, so that clients wait for content; without a form to reset, 204 says the same.
    const response = new Response(content, { status: head.status === 205 ? 204 : head.status });
    copyResponseFields({ route, mask, decoded: decoding !== undefined }, upstream, response.headers);
    if (whole !== undefined) {
      // The response has a copy.
      body.release();
      entry.bytesDown = content === null ? 0 : whole.length;
      span.end("complete");
    }
    return response;
  } catch (error) {
    body.cancel();
    throw error;
  }
}

/**
 * Returns how to decode content that came in a coding, though none was asked for.
 *
 * @throws {BadResponse} Where it can't be decoded: what can't be read can't be masked.
 */
function decodingOf({ head }: HttpResponse): Decoding | undefined {
  const codings = head.fields.filter(([name]) => name === "content-encoding")
    .map(([, value]) => value).join(", ");
  if (codings === "" || codings.toLowerCase() === "identity") return undefined;
  const decoding = head.status === 206 ? undefined : decodingFor(codings);
  if (decoding === undefined) throw new BadResponse("content coding that can't be decoded for masking");
  return decoding;
}

type Content = Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | null;

/** Content that is complete already. */
function wholeContent(
  upstream: HttpResponse,
  mask: Mask | undefined,
  whole: Uint8Array<ArrayBuffer>,
): Content {
  if (WITHOUT_CONTENT.has(upstream.head.status)) return null;
  if (whole.length === 0) return isLengthless(upstream) ? emptyStream() : null;
  return mask?.maskBytes(whole) ?? whole;
}

/** Content up to this size that is soon complete goes on as one piece. */
const ONE_PIECE = 64 * 1024;

/** What is soon complete goes on as one piece; what is not, is large or must be decoded becomes a stream. */
async function contentFor(
  { head, body }: HttpResponse,
  { decoding, mask, span }: {
    decoding: Decoding | undefined;
    mask: CurrentMask | undefined;
    span: RequestSpan;
  },
): Promise<Content> {
  if (WITHOUT_CONTENT.has(head.status)) {
    body.cancel();
    span.end("complete");
    return null;
  }
  const first = decoding === undefined ? await body.nextBuffered() : undefined;
  if (body.done && (first === undefined || first.length < ONE_PIECE)) {
    span.entry.bytesDown = first?.length ?? 0;
    span.end("complete");
    if (first === undefined) return null;
    return mask?.current?.maskBytes(first) ?? first;
  }
  let source: Source = first === undefined ? body : new Resumed(first, body);
  if (decoding !== undefined) source = decoding(source);
  // Even while there is nothing to mask: the table's first token may appear before the stream ends.
  if (mask !== undefined) source = new MaskedSource(source, mask);
  return responseStream(source, span);
}

/** A response to HEAD that gives no length: given nothing to send, the runtime would say 0. */
function isLengthless({ head, framing }: HttpResponse): boolean {
  return framing.kind === "none" && head.framing.contentLength === undefined;
}

function emptyStream(): ReadableStream<Uint8Array> {
  return new ReadableStream({ start: (controller) => controller.close() });
}
