import { codingsOf } from "../coding/content_codings.ts";
import type { Coding } from "../coding/codings.ts";
import type { RouteConfig } from "../config/route/route_config.ts";
import { upstreamRequestId } from "../log/request_log.ts";
import { EVENT_FRAMES, EventFrames } from "../mask/event_frames.ts";
import { CodedSource } from "../mask/coded_source.ts";
import { MaskedSource } from "../mask/masked_source.ts";
import type { Mask } from "../mask/mask.ts";
import type { CurrentMask } from "../mask/table_mask.ts";
import type { BufferBudget } from "../upstream/buffer_budget.ts";
import { BadResponse } from "../upstream/errors.ts";
import { PIECE_LIMIT } from "../upstream/response_body.ts";
import { Slice, type SliceOptions } from "../upstream/slice.ts";
import { readEarly, readFirst, Resumed, type Source } from "../upstream/source.ts";
import type { HttpResponse, UpstreamResponse } from "../upstream/transport.ts";
import type { ReferenceRewriter } from "./reference/reference_rewriter.ts";
import type { RequestSpan } from "./request_span.ts";
import { copyResponseFields } from "./response_fields.ts";
import { responseStream } from "./response_stream.ts";
import { wholeOfPart } from "./whole_of_part.ts";

/** What {@linkcode respond} needs besides the upstream's response. */
export interface RespondOptions {
  readonly route: Pick<RouteConfig, "scrub" | "cookies" | "responseTimeoutMs">;
  readonly references: () => ReferenceRewriter;
  readonly mask: CurrentMask;
  readonly span: RequestSpan;
  /** What the memory for coded content is taken from. */
  readonly budget: BufferBudget;
  /** Sends the request again, for the whole; undefined if it did not ask for a part. */
  readonly fetchWhole?: (() => Promise<UpstreamResponse>) | undefined;
}

/** Statuses whose responses have no content, according to RFC 9110 and to the runtime. */
const WITHOUT_CONTENT: ReadonlySet<number> = new Set([204, 205, 304]);

/**
 * Forwards the upstream's response to the client: the head without hop-by-hop fields, the content as it arrives, both with
 * the secrets masked. The span ends with the last byte.
 *
 * @returns A promise only if the content has not arrived together with the head.
 * @throws {BadResponse} If the response can't be forwarded.
 */
export function respond(upstream: UpstreamResponse, options: RespondOptions): Response | Promise<Response> {
  if (upstream.kind === "protocol_change") {
    upstream.connection.close();
    throw new BadResponse("unrequested protocol change");
  }
  const { head, framing, body, reused } = upstream;
  const { route, span: { entry } } = options;
  entry.reused = reused;
  entry.firstByteMs = performance.now() - entry.began;
  try {
    if (head.status > 599) throw new BadResponse("status above 599");
    // Its content is what differs from another response, or coded in yet another way: RFC 3229, section 10.4.1.
    if (route.scrub && head.status === 226) {
      throw new BadResponse("instance manipulation that can't be masked");
    }
    const mask = route.scrub ? options.mask.current : undefined;
    const codings = mask && framing.kind !== "none" ? codingsFor(upstream) : NO_CODINGS;
    entry.status = head.status;
    // Content that arrived together with the head is forwarded without another turn of the event loop.
    const whole = codings.length === 0 ? body.borrowAll() : undefined;
    if (whole === undefined) return respondLater(upstream, options, { mask, codings });
    const content = wholeContent(upstream, whole);
    if (content === whole) mask?.maskBytes(whole, entry);
    const response = responseWith(content, upstream, { ...options, mask });
    // The response has a copy.
    body.release();
    entry.bytesDown = content === whole ? whole.length : 0;
    options.span.end("complete");
    return response;
  } catch (error) {
    body.cancel();
    throw error;
  }
}

/** The limits of how much a stream holds at once, which depends on how many there are, in bytes. */
const PIECE_SIZES = { min: 32 * 1024, max: PIECE_LIMIT };

/** The same for coded content, in bytes. Decoding a piece takes longer than handing it on, and several may wait until they are clear. */
const CODED_PIECE_LIMIT = 32 * 1024;

/** Forwards a response of which some content has yet to arrive. */
async function respondLater(
  upstream: HttpResponse,
  { route, references, mask: tableMask, span, budget, fetchWhole }: RespondOptions,
  { mask, codings }: { readonly mask: Mask | undefined; readonly codings: readonly Coding[] },
): Promise<Response> {
  let from = upstream;
  let source: Source = from.body;
  try {
    let part: SliceOptions | undefined;
    if (codings.length > 0 && upstream.head.status === 206) {
      const { whole, range } = await wholeOfPart(upstream, fetchWhole);
      from = whole;
      source = from.body;
      part = { ...range, withinMs: route.responseTimeoutMs };
    }
    span.onCut(() => from.body.cancel());
    from.body.pieceLimit = codings.length > 0 ? () => CODED_PIECE_LIMIT : () => budget.share(PIECE_SIZES);
    const content = await contentFor(from, {
      codings,
      mask: route.scrub ? tableMask : undefined,
      span,
      budget,
      part,
      onSource: (each) => source = each,
    });
    // The content may have been cut short while it was awaited.
    span.assertNotCut();
    return responseWith(content, upstream, { route, references, mask, span });
  } catch (error) {
    from.upload?.cancelStream();
    // With the memory of what decodes it.
    source.cancel();
    throw error;
  }
}

/** Returns the client's response. */
function responseWith(
  content: Content,
  upstream: HttpResponse,
  { route, references, mask, span: { entry } }:
    & Pick<RespondOptions, "route" | "references" | "span">
    & { readonly mask: Mask | undefined },
): Response {
  const { status } = upstream.head;
  // The runtime sends a 205 without a length, so that clients wait for content; without a form to reset, 204 says the same.
  const response = new Response(content, { status: status === 205 ? 204 : status });
  copyResponseFields({ route, references, mask, tally: entry }, upstream, response.headers);
  if (entry.client !== undefined) entry.upstreamRequestId = upstreamRequestId(response.headers);
  return response;
}

/**
 * Returns the codings of content, which passes as it came, but is decoded to be searched. None was asked for, but stored
 * objects have a coding of their own, and some servers always send one.
 *
 * @throws {BadResponse} If it can't be decoded, and thus not searched.
 */
function codingsFor({ head }: HttpResponse): readonly Coding[] {
  let value = "";
  for (const { 0: name, 1: each } of head.fields) {
    if (name === "content-encoding") value = value === "" ? each : `${value}, ${each}`;
  }
  if (value === "") return NO_CODINGS;
  const codings = codingsOf(value);
  if (codings === undefined) throw new BadResponse("content coding that can't be decoded to be searched");
  return codings;
}

const NO_CODINGS: readonly Coding[] = [];

type Content = Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | null;

/** Returns the client's content for content that has arrived completely: the same bytes, or what stands for none. */
function wholeContent(upstream: HttpResponse, whole: Uint8Array<ArrayBuffer>): Content {
  if (WITHOUT_CONTENT.has(upstream.head.status)) return null;
  if (whole.length === 0) return isLengthless(upstream) ? emptyStream() : null;
  return whole;
}

/** Content that arrives at once is forwarded as one piece if it is smaller than this, in bytes. */
const ONE_PIECE = 64 * 1024;

/** How long the head of a response with coded content waits for the first of it that is clear, in milliseconds. */
const FIRST_LOOK = 100;

/** Returns the client's content: one piece if it is small and arrives at once, otherwise a stream. */
async function contentFor(
  { head, body, upload }: HttpResponse,
  { codings, mask, span, budget, part, onSource }: {
    codings: readonly Coding[];
    mask: CurrentMask | undefined;
    span: RequestSpan;
    budget: BufferBudget;
    /** The part of coded content that the client gets. */
    part: SliceOptions | undefined;
    /** Called with what must be cancelled instead of the body if the response fails. */
    onSource: (source: Source) => void;
  },
): Promise<Content> {
  if (WITHOUT_CONTENT.has(head.status)) {
    body.cancel();
    span.end("complete");
    return null;
  }
  const isCoded = codings.length > 0;
  const settled = upload?.settled();
  const early = settled && await readEarly(body, settled);
  if (early !== undefined && isCoded) await settled;
  let first = early?.first;
  if (early === undefined && !isCoded) first = await body.nextBuffered();
  if (first?.length === 0) first = undefined;
  const isOnePiece = first === undefined || early !== undefined || first.length < ONE_PIECE;
  if (!isCoded && body.done && isOnePiece) {
    span.entry.bytesDown = first?.length ?? 0;
    span.end("complete");
    if (first === undefined) return null;
    return mask?.current?.maskBytes(first, span.entry) ?? first;
  }
  let source: Source = early?.rest ?? body;
  if (first !== undefined) source = new Resumed(first, source);
  const tally = span.entry;
  const frames = framesOf(head);
  if (isCoded && mask !== undefined) {
    const coded = new CodedSource(source, { codings, mask, budget, tally, frames });
    source = part === undefined ? coded : new Slice(coded, part);
    onSource(source);
    span.onCut(() => source.cancel());
    // So that a small response in which a secret stands is refused with a reason instead of broken off; and so is one for
    // which there is no memory.
    return responseStream(await readFirst(source, FIRST_LOOK, () => coded.turn), span, upload);
  }
  // Even while there is nothing to mask: the table's first token may appear before the stream ends.
  if (mask !== undefined) {
    source = new MaskedSource(source, mask, { tally, frames });
  }
  return responseStream(source, span, upload);
}

/** Returns what follows the frames of content that has such. */
function framesOf({ fields }: HttpResponse["head"]): EventFrames | undefined {
  const isFramed = fields.some(([name, value]) => name === "content-type" && value.startsWith(EVENT_FRAMES));
  return isFramed ? new EventFrames() : undefined;
}

/** Reports whether a response without content states no length either (HEAD); for null content the runtime would send 0. */
function isLengthless({ head, framing }: HttpResponse): boolean {
  return framing.kind === "none" && head.framing.contentLength === undefined;
}

function emptyStream(): ReadableStream<Uint8Array> {
  return new ReadableStream({ start: (controller) => controller.close() });
}
