/**
 * The coding `aws-chunked`: a body in chunks within the framing of HTTP, each with the client's own signature or without
 * one, and with fields at the end. The signatures are worth nothing to the service, so the coding is removed.
 *
 * @module
 */

import type { RequestFraming } from "../../http/framing.ts";
import { Refusal } from "../../http/refusal.ts";
import type { FieldLine } from "../../http/syntax.ts";
import { ChunkedDecoder } from "../../upstream/chunked.ts";
import { ContentReader } from "../../upstream/content_reader.ts";
import { ReadLost } from "../../upstream/errors.ts";
import type { OutgoingField } from "../../upstream/transport.ts";

/** What the fields of a request say about the coding. */
export interface AwsChunked {
  /** The length of the content without the coding, in bytes. Undefined if it is not stated. */
  readonly decodedLength: number | undefined;
  /** The other codings of the content; empty if there are none. */
  readonly contentEncoding: string;
  /** The names of the fields at the end, in lower case. */
  readonly trailers: ReadonlySet<string>;
}

/** Fields that only say how the body is coded. */
export const AWS_CHUNKED_FIELDS: ReadonlySet<string> = new Set([
  "x-amz-decoded-content-length",
  "x-amz-trailer",
]);

/**
 * Returns what a request's fields say about `aws-chunked`, or undefined if the body is not coded so.
 *
 * @throws {Refusal} `bad_request` if the length is not a number.
 */
export function awsChunkedOf(fields: readonly OutgoingField[]): AwsChunked | undefined {
  const values = new Map(fields.map(([name, value]) => [name.toLowerCase(), String(value)]));
  const codings = listOf(values.get("content-encoding"));
  const isCoded = codings.includes("aws-chunked") ||
    // Some clients leave the coding out.
    values.get("x-amz-content-sha256")?.startsWith("STREAMING-") === true;
  if (!isCoded) return undefined;
  if (values.get("x-amz-content-sha256") === "STREAMING-AWS4-HMAC-SHA256-EVENTS") {
    throw new Refusal("bad_request", "each of its events is signed, which only the client can do");
  }
  const length = values.get("x-amz-decoded-content-length");
  if (length !== undefined && !/^\d{1,15}$/.test(length)) {
    throw new Refusal("bad_request", "its X-Amz-Decoded-Content-Length is not one number");
  }
  return {
    decodedLength: length === undefined ? undefined : Number(length),
    contentEncoding: codings.filter((coding) => coding !== "aws-chunked").join(", "),
    trailers: new Set(listOf(values.get("x-amz-trailer"))),
  };
}

function listOf(value: string | undefined): string[] {
  return (value ?? "").toLowerCase().split(",").map((item) => item.trim()).filter((item) => item !== "");
}

/** A body from which the coding is removed as it arrives. */
export interface DecodedBody {
  /** Fails with a {@linkcode Refusal} if the coding is invalid, or the body ends early. */
  readonly content: ReadableStream<Uint8Array>;
  /** Returns the fields at the end, once the content has been read. */
  trailers(): readonly FieldLine[];
}

/** Removes the coding from a body. */
export function decodeAwsChunked(
  body: ReadableStream<Uint8Array>,
  framing: RequestFraming,
): DecodedBody {
  const reader = new ContentReader(body, framing);
  const decoder = new ChunkedDecoder();
  const content = new ReadableStream<Uint8Array>({
    async pull(controller) {
      for (;;) {
        const piece = await reader.read();
        if (piece === undefined) {
          if (!decoder.done) throw invalid();
          return controller.close();
        }
        const decoded = decode(decoder, piece);
        if (decoded === undefined || decoded.read < piece.length) {
          // The client may go on before it looks at the response.
          reader.drop();
          throw invalid();
        }
        if (decoded.end > 0) return controller.enqueue(piece.subarray(0, decoded.end));
        reader.release(piece);
      }
    },
    async cancel() {
      if (await reader.stop()) throw new ReadLost();
    },
  }, { highWaterMark: 0 });
  return { content, trailers: () => decoder.trailers };
}

/** Returns undefined if the coding is invalid. */
function decode(decoder: ChunkedDecoder, bytes: Uint8Array): { end: number; read: number } | undefined {
  try {
    return decoder.decode(bytes, 0, bytes.length);
  } catch {
    return undefined;
  }
}

function invalid(): Refusal {
  return new Refusal("bad_request", "its aws-chunked coding is invalid");
}
