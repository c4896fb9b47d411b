/**
 * Parts of coded content: RFC 9110, section 14. A part can't be decoded without all that is before it, so the
 * whole is fetched and searched, as if all of it had been asked for, and the part is cut out of what passes.
 *
 * @module
 */

import { type ContentRange, parseContentRange } from "../http/content_range.ts";
import { BadResponse } from "../upstream/errors.ts";
import type { HttpResponse, UpstreamResponse } from "../upstream/transport.ts";

/** How much may be before a part, in bytes: all of it is read and decoded, and nobody gets it. */
const BEFORE_LIMIT = 1024 * 1024 * 1024;

/** A response with the whole of which another holds a part. */
export interface WholeOfPart {
  readonly whole: HttpResponse;
  readonly range: ContentRange;
}

/**
 * Fetches the whole of coded content of which a response holds a part.
 *
 * @param part Is given up.
 * @param fetchWhole Sends the request without its range; undefined if it had none.
 * @throws {BadResponse} If the part can't be cut out of the whole, or the whole is another representation.
 */
export async function wholeOfPart(
  part: HttpResponse,
  fetchWhole: (() => Promise<UpstreamResponse>) | undefined,
): Promise<WholeOfPart> {
  const range = parseContentRange(valueOf(part, "content-range") ?? "");
  const announced = part.head.framing.contentLength;
  const isSeveral = /^multipart\//i.test(valueOf(part, "content-type") ?? "");
  if (fetchWhole === undefined || range === undefined || isSeveral) {
    throw new BadResponse("part of coded content");
  }
  if (announced !== undefined && Number(announced) !== range.to - range.from) {
    throw new BadResponse("part of coded content with another length than its range");
  }
  if (range.from > BEFORE_LIMIT) throw new BadResponse("part of coded content after the first gigabyte");
  part.body.cancel();
  const whole = await fetchWhole();
  if (whole.kind === "protocol_change") {
    whole.connection.close();
    throw new BadResponse("unrequested protocol change");
  }
  if (whole.head.status === 200 && isSame(part, whole, range)) return { whole, range };
  whole.body.cancel();
  throw new BadResponse("part of coded content whose whole is not to be had, or has changed");
}

/** The fields that are equal for one representation: RFC 9110, section 8. */
const OF_REPRESENTATION = ["etag", "last-modified", "content-encoding"];

function isSame(part: HttpResponse, whole: HttpResponse, { whole: length }: ContentRange): boolean {
  const stated = whole.head.framing.contentLength;
  if (stated !== undefined && Number(stated) !== length) return false;
  const differs = OF_REPRESENTATION.some((name) => valueOf(part, name) !== valueOf(whole, name));
  if (differs) return false;
  // Without a validator, only the length shows whether the part is of another representation.
  return stated !== undefined || valueOf(part, "etag") !== undefined ||
    valueOf(part, "last-modified") !== undefined;
}

/** Returns the value of a field, its lines joined. */
function valueOf({ head }: HttpResponse, wanted: string): string | undefined {
  const values = head.fields.flatMap(([name, value]) => name === wanted ? [value] : []);
  return values.length === 0 ? undefined : values.join(", ");
}
