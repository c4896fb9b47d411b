import { Secret } from "../core/secret.ts";
import { foldParameter } from "../http/credential_names.ts";
import { percentEncode } from "../http/percent.ts";
import { withoutParameters } from "../http/query.ts";
import type { UpstreamRequest } from "../upstream/transport.ts";
import type { Placement } from "./token_credential.ts";

/**
 * Places the token in a query parameter: `?key=…`. Drops the client's own parameter of that name, in any spelling.
 *
 * The token comes first: some servers ignore parameters beyond a number, and nothing from the client precedes it.
 *
 * @param name The parameter's name, which needs no encoding.
 */
export function inQuery(name: string): Placement {
  const own = foldParameter(name);
  return {
    textFor: (token) => Secret.of(`${name}=${percentEncode(token.reveal())}`),
    add(request, text) {
      const { path, query } = splitTarget(request);
      const rest = withoutParameters(query, (parameter) => foldParameter(parameter) === own);
      const more = rest.length < 2 ? "" : `&${rest.slice(1)}`;
      request.target = Secret.of(`${path}?${text.reveal()}${more}`);
    },
  };
}

function splitTarget({ target }: UpstreamRequest): { readonly path: string; readonly query: string } {
  const text = typeof target === "string" ? target : target.reveal();
  const mark = text.indexOf("?");
  return mark < 0 ? { path: text, query: "" } : { path: text.slice(0, mark), query: text.slice(mark) };
}
