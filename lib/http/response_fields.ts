import type { Route } from "../config/route.ts";
import type { Framing } from "../upstream/framing.ts";
import type { Field, ResponseHead } from "../upstream/response_head.ts";
import { HOP_BY_HOP } from "./field_names.ts";
import { turnLocation } from "./location.ts";
import { connectionOptions } from "./request_head.ts";

/** The upstream's fields that go on to the agent, in their order. */
export function* responseFields(
  route: Pick<Route, "cookies" | "upstream" | "path">,
  head: ResponseHead,
  framing: Framing,
): Generator<Field> {
  const named = namedByConnection(head.fields);
  for (const field of head.fields) {
    const [name, value] = field;
    if (HOP_BY_HOP.has(name) || named?.has(name)) continue;
    switch (name) {
      case "set-cookie":
        if (route.cookies) yield field;
        break;
      case "content-length":
        // With no content to count (HEAD, 304) it tells what a GET would bring: RFC 9110, section 8.6.
        if (framing.kind === "length" || framing.kind === "none") yield field;
        break;
      case "location":
      case "content-location":
        yield [name, turnLocation(value, route.upstream, route.path)];
        break;
      default:
        yield field;
    }
  }
}

function namedByConnection(fields: readonly Field[]): Set<string> | undefined {
  let named: Set<string> | undefined;
  for (const [name, value] of fields) {
    if (name !== "connection") continue;
    // These two say nothing about fields, and nothing else comes as a rule.
    if (value === "keep-alive" || value === "close") continue;
    named = named === undefined ? connectionOptions(value) : named.union(connectionOptions(value));
  }
  return named;
}
