/**
 * What credentials themselves do to a request, whatever was dropped before.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { AwsCredential } from "../../lib/credentials/aws/aws_credential.ts";
import { inPath } from "../../lib/credentials/in_path.ts";
import { inQuery } from "../../lib/credentials/in_query.ts";
import type { Placement } from "../../lib/credentials/token_credential.ts";
import { Secret } from "../../lib/core/secret.ts";
import { packAwsKeys } from "../../lib/tokens/aws_keys.ts";
import { BufferBudget } from "../../lib/upstream/buffer_budget.ts";
import { Deadlines } from "../../lib/upstream/deadlines.ts";
import type { OutgoingField, UpstreamRequest } from "../../lib/upstream/transport.ts";
import { upstreamRequest } from "../support/upstream_request.ts";

function requestTo(target: string | Secret, fields: OutgoingField[] = []): UpstreamRequest {
  return upstreamRequest({ target, fields });
}

/** Returns the target that is sent with a token. */
function placed(placement: Placement, target: string): string {
  const request = requestTo(target);
  placement.add(request, placement.textFor(Secret.of("a/b c")));
  assertEquals(`${request.target}`, "[redacted]");
  return request.target instanceof Secret ? request.target.reveal() : "";
}

Deno.test("inQuery() drops the parameter of its name, in any spelling, and is the first", () => {
  assertEquals(
    placed(inQuery("api_key"), "/x?API-key=1&a&api%5Fkey[]=2;b&apikeys=3"),
    "/x?api_key=a%2Fb%20c&a;b&apikeys=3",
  );
  assertEquals(placed(inQuery("k"), "/x"), "/x?k=a%2Fb%20c");
});

Deno.test("inPath() replaces the placeholder of the base, and no other", () => {
  assertEquals(
    placed(inPath("/bot{token}/v1"), "/bot{token}/v1/{token}?{token}"),
    "/bota%2Fb%20c/v1/{token}?{token}",
  );
});

Deno.test("AwsCredential drops every part of a client's own signature", async () => {
  const credential = new AwsCredential({
    scope: { region: "us-east-1", service: "s3" },
    source: {
      current: packAwsKeys({
        accessKeyId: Secret.of("ID"),
        secretAccessKey: Secret.of("KEY"),
        sessionToken: undefined,
      }),
      former: [],
      describe: () => "",
    },
    bodyLimit: 1,
    memory: new BufferBudget(1),
    deadlines: new Deadlines(),
    timeoutMs: 1000,
    now: () => Date.UTC(2026, 0, 1),
  });
  const own = [
    "Authorization",
    "Date",
    "X-Amz-Date",
    "x-amz-security-token",
    "X-Amz-Content-SHA256",
    "x-amz-region-set",
    "x-amz-s3session-token",
  ];
  const request = requestTo("/b/k", [["host", "s3.test"], ...own.map((name) => [name, "client"] as const), [
    "range",
    "bytes=0-1",
  ]]);
  await credential.apply(request);
  assertEquals(
    request.fields.map(([name, value]) => name === "authorization" ? [name, `${value}`] : [name, value]),
    [
      ["host", "s3.test"],
      ["range", "bytes=0-1"],
      ["x-amz-date", "20260101T000000Z"],
      ["x-amz-content-sha256", "UNSIGNED-PAYLOAD"],
      ["authorization", "[redacted]"],
    ],
  );
});
