/**
 * Measures the steps of a request that need no connection: `deno bench bench/http_bench.ts`.
 *
 * @module
 */

import { type RequestFieldRules, requestFieldRules, requestFields } from "../lib/proxy/build_request.ts";
import { referencesOf } from "../tests/support/references.ts";
import { RouteIndex } from "../lib/proxy/route_index.ts";
import { requestFraming } from "../lib/proxy/request_framing.ts";
import { copyResponseFields } from "../lib/proxy/response_fields.ts";
import { Secret } from "../lib/core/secret.ts";
import { parseTarget } from "../lib/proxy/target.ts";
import { Mask } from "../lib/mask/mask.ts";
import { serializeRequestHead } from "../lib/upstream/request_head.ts";
import { parseResponseHead } from "../lib/upstream/response_head.ts";
import { routeOf } from "../tests/support/route.ts";
import { REQUEST_FIELDS, RESPONSE_HEAD } from "./support/messages.ts";

const HOST = "cred-proxy:9099";
const SHORT = `http://${HOST}/anthropic/v1/messages`;
const LONG = `http://${HOST}/gh/repos/some-owner/some-repository/contents/src/a/b/c/d/file.ts?ref=${
  "0".repeat(40)
}`;

Deno.bench("parseTarget(): a short path", () => {
  parseTarget(SHORT, HOST);
});

Deno.bench("parseTarget(): a long path with a query", () => {
  parseTarget(LONG, HOST);
});

const index = new RouteIndex(Array.from({ length: 20 }, (_, at) => ({ path: `/route-${at}/` })));

Deno.bench("RouteIndex: the last of 20 routes", () => {
  index.match(HOST, "/route-19/v1/messages");
});

const fields = new Headers(REQUEST_FIELDS);
const length = requestFraming("POST", fields);

Deno.bench("requestFraming(): a length", () => {
  requestFraming("POST", fields);
});

const credential = Secret.of(`Bearer ${"x".repeat(100)}`);
const plain = requestFieldRules(routeOf());
const setting = requestFieldRules(routeOf({
  set_headers: { "user-agent": "cred-proxy" },
  add_headers: { "anthropic-beta": "one,two" },
}));

function buildHead(rules: RequestFieldRules): string {
  const outgoing = requestFields(rules, { headers: fields, framing: length });
  outgoing.push(["Authorization", credential]);
  return serializeRequestHead({ method: "POST", target: "/v1/messages", fields: outgoing });
}

Deno.bench("requestFields() and serializeRequestHead(): as an SDK sends it", () => {
  buildHead(plain);
});

Deno.bench("requestFields() and serializeRequestHead(): the same, with set_headers and add_headers", () => {
  buildHead(setting);
});

const route = routeOf();
const references = referencesOf(route);
const mask = Mask.of([{ text: Secret.of("x1".repeat(50)) }]);
const response = {
  head: parseResponseHead(RESPONSE_HEAD),
  framing: { kind: "chunked" },
} as const;

Deno.bench("copyResponseFields(): as an AI service sends them", () => {
  copyResponseFields(
    { route, references: () => references, mask: undefined },
    response,
    new Headers(),
  );
});

Deno.bench("copyResponseFields(): the same, masked", () => {
  copyResponseFields({ route, references: () => references, mask }, response, new Headers());
});
