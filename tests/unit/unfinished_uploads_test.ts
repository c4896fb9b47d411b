/**
 * How many uploads may go on while their response is streamed, since the runtime loses some of them.
 *
 * @module
 */

import { assertThrows } from "@std/assert";
import { RequestBodyAborted } from "../../lib/upstream/errors.ts";
import { UnfinishedUploads } from "../../lib/upstream/unfinished_uploads.ts";

function assertFull(uploads: UnfinishedUploads): void {
  assertThrows(() => uploads.begin(), RequestBodyAborted, "until a restart");
}

Deno.test("256 uploads may go on, and lost connections count for ever", () => {
  const uploads = new UnfinishedUploads();
  for (let count = 0; count < 256; count++) uploads.begin();
  assertFull(uploads);
  for (const loss of ["nothing", "read"] as const) {
    uploads.end(loss);
    uploads.begin();
    assertFull(uploads);
  }
  uploads.end("connection");
  assertFull(uploads);
});

Deno.test("16,384 reads may be lost, those with their connection included", () => {
  const uploads = new UnfinishedUploads();
  for (let count = 0; count < 16 * 1024; count++) {
    uploads.begin();
    uploads.end("nothing");
    uploads.begin();
    uploads.end(count === 0 ? "connection" : "read");
  }
  assertFull(uploads);
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
