import { assertEquals } from "@std/assert";
import * as errors from "../../lib/upstream/errors.ts";
import { errorText } from "../../lib/core/error_text.ts";

/** Those that are made from a message. */
const CLASSES = [
  errors.BadResponse,
  errors.BadTunnelResponse,
  errors.UpstreamTimeout,
  errors.UpstreamHungUp,
  errors.UpstreamUnreachable,
  errors.UpstreamNotTls,
  errors.UpstreamTlsFailed,
  errors.UpstreamUntrusted,
  errors.NoDescriptors,
  errors.ClientDisconnected,
  errors.RequestBodyAborted,
  errors.WrongContentLength,
];

Deno.test("each error of the upstream leg appears in the log by its name", () => {
  const all = [
    ...CLASSES.map((Class) => new Class("why")),
    new errors.TunnelRefused(407),
    new errors.WebSocketViolation(1002, "why"),
  ];
  for (const error of all) {
    assertEquals([error.name, errorText(error)], [
      error.constructor.name,
      `${error.constructor.name}: ${error.message}`,
    ]);
  }
  assertEquals(new errors.TunnelRefused(407).message, "The egress proxy answered CONNECT with 407");
});

Deno.test("a failure of TLS, and a tunnel that is forbidden or wants credentials, persist", () => {
  const permanent = [errors.UpstreamUntrusted, errors.UpstreamNotTls, errors.UpstreamTlsFailed];
  for (const Class of CLASSES) {
    assertEquals(errors.isPermanent(new Class("why")), permanent.some((each) => each === Class), Class.name);
    assertEquals(errors.isTlsFailure(new Class("why")), permanent.some((each) => each === Class), Class.name);
  }
  const statuses = [400, 403, 404, 407, 502, 503];
  assertEquals(statuses.filter((status) => errors.isPermanent(new errors.TunnelRefused(status))), [403, 407]);
});
