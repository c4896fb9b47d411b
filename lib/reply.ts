import type { Route } from "./config/route.ts";
import { copyResponseFields } from "./http/response_fields.ts";
import type { Entry, Outcome } from "./journal.ts";
import type { Content } from "./upstream/content.ts";
import type { Reply } from "./upstream/leg.ts";
import { BadResponse } from "./upstream/response_head.ts";

/** Statuses whose responses can't have content: the runtime takes none, and RFC 9110 allows none. */
const WITHOUT_CONTENT: ReadonlySet<number> = new Set([204, 205, 304]);

/**
 * The upstream's reply as a response to the agent: the head without what belongs to the upstream's connection, the
 * content as it comes.
 *
 * @param ended Called once, when the reply has come to its end.
 */
export async function reply(
  route: Route,
  answer: Reply,
  entry: Entry,
  ended: (outcome: Outcome) => void,
): Promise<Response> {
  const { head, content } = answer;
  const end = once(ended);
  if (head.status > 599) {
    content.cancel();
    throw new BadResponse("a status above 599");
  }
  entry.status = head.status;
  const response = new Response(await contentFor(head.status, content, entry, end), { status: head.status });
  copyResponseFields(route, head, answer.framing, response.headers);
  return response;
}

/**
 * Pieces from this size on are given back as soon as they are handed on. Left to the garbage collector, which counts
 * objects rather than what they hold, they would come to a hundred megabytes before it looked.
 */
const LARGE = 64 * 1024;

/** What is there already goes as one piece; what is not, or is large, becomes a stream. */
async function contentFor(
  status: number,
  content: Content,
  entry: Entry,
  ended: (outcome: Outcome) => void,
): Promise<Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | null> {
  const first = content.ready ? await content.next() : undefined;
  if (WITHOUT_CONTENT.has(status)) content.cancel();
  else if (!content.done || (first !== undefined && first.length >= LARGE)) {
    return streamOf(first, content, entry, ended);
  }
  entry.bytesDown = first?.length ?? 0;
  ended("whole");
  return WITHOUT_CONTENT.has(status) || first === undefined ? null : first;
}

function streamOf(
  first: Uint8Array<ArrayBuffer> | undefined,
  content: Content,
  entry: Entry,
  ended: (outcome: Outcome) => void,
): ReadableStream<Uint8Array> {
  let large: Uint8Array<ArrayBuffer> | undefined;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      // Whoever asks for the next piece has taken the last one: the runtime holds what it has not sent yet.
      large?.buffer.transfer(0);
      large = undefined;
      try {
        const bytes = first ?? await content.next();
        first = undefined;
        if (bytes !== undefined) {
          entry.bytesDown += bytes.length;
          controller.enqueue(bytes);
          if (bytes.length >= LARGE) {
            large = bytes;
            return;
          }
        }
        if (!content.done) return;
        controller.close();
        ended("whole");
      } catch (error) {
        // An error in the stream makes the runtime cut the agent's connection: broken is seen as broken.
        controller.error(error);
        ended("broken");
      }
    },
    cancel() {
      content.cancel();
      ended("left");
    },
  }, { highWaterMark: 0 });
}

/** A stream that is cancelled while a read is pending ends twice. */
function once(ended: (outcome: Outcome) => void): (outcome: Outcome) => void {
  let called = false;
  return (outcome) => {
    if (called) return;
    called = true;
    ended(outcome);
  };
}
