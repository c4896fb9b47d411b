/**
 * How many uploads may go on while their response is streamed, since the runtime loses some of them.
 *
 * @module
 */

import { assertThrows } from "@std/assert";
import { RequestBodyAborted } from "../../lib/upstream/errors.ts";
import { UnfinishedUploads } from "../../lib/upstream/unfinished_uploads.ts";

const LOST = "Clients have left too many streamed responses during their upload";

function assertFull(uploads: UnfinishedUploads, reason = LOST): void {
  assertThrows(() => uploads.begin(), RequestBodyAborted, reason);
}

Deno.test("256 uploads may go on at once, and lost connections count for ever", () => {
  const uploads = new UnfinishedUploads();
  for (let count = 0; count < 256; count++) uploads.begin();
  assertFull(uploads, "Too many responses are being streamed during their upload");
  for (const loss of ["nothing", "read"] as const) {
    uploads.end(loss);
    uploads.begin();
    assertFull(uploads, "Too many responses");
  }
  for (let count = 1; count <= 256; count++) {
    uploads.end("connection");
    assertFull(uploads, count < 256 ? "Too many responses" : LOST);
  }
});

Deno.test("4,096 reads may be lost, those with their connection included", () => {
  const uploads = new UnfinishedUploads();
  for (let count = 0; count < 4 * 1024; count++) {
    uploads.begin();
    uploads.end("nothing");
    uploads.begin();
    uploads.end(count === 0 ? "connection" : "read");
  }
  assertFull(uploads, "Too many streamed responses have ended before their upload");
});

Deno.test("once a connection was lost, no more uploads may go on when memory has grown that nothing frees", () => {
  const uploads = new UnfinishedUploads();
  for (const loss of ["nothing", "read"] as const) {
    uploads.begin();
    uploads.end(loss);
    uploads.onMemoryStuck();
  }
  uploads.begin();
  uploads.end("connection");
  uploads.begin();
  uploads.end("nothing");
  uploads.onMemoryStuck();
  assertFull(uploads);
  uploads.onMemoryStuck();
  assertFull(uploads);
});
