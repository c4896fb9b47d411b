import { type Egress, egressFor } from "./config/egress.ts";
import { type Route, routeName, type RouteTable } from "./config/route.ts";
import type { Tokens } from "./config/token.ts";
import { credentialValue } from "./http/credential.ts";
import { type HeadRules, headRules } from "./http/request_head.ts";
import type { Secret } from "./http/secret.ts";
import { Mask } from "./mask/mask.ts";
import type { ConnectionCounts } from "./upstream/connection_counts.ts";
import { Leg } from "./upstream/leg.ts";
import type { Slot } from "./tokens/slot.ts";
import { type TokenFiles, tokenSlot } from "./tokens/token_files.ts";
import type { Waits } from "./upstream/waits.ts";

/** A route made ready to serve: what each request of it needs, worked out once. */
export interface Passage {
  readonly path: string;
  readonly host?: string | undefined;
  readonly route: Route;
  readonly rules: HeadRules;
  /** Undefined while the token is unset. One that lies in a file may be another for the next request. */
  readonly credential: Credential | undefined;
  /** What the client must show; undefined: nothing. */
  readonly clientToken?: Secret | undefined;
  readonly leg: Leg;
}

/** What a token becomes on a route. */
export interface Credential {
  /** The value of the credential's field. */
  readonly value: Secret;
  /** What overwrites it wherever it turns up; undefined where it is too short to be told from chance. */
  readonly mask: Mask | undefined;
}

export interface PassageOptions {
  /** The tokens that are set, by variable. */
  readonly tokens: Tokens;
  readonly files: TokenFiles;
  readonly caCerts: readonly string[];
  readonly egress: Egress;
  readonly waits: Waits;
  /** Where the connections of a route, by its name, are counted. */
  readonly counts: (route: string) => ConnectionCounts;
}

/** All passages, longest prefix first like the table. */
export function openPassages(table: RouteTable, options: PassageOptions): Passage[] {
  const { tokens, files, caCerts, egress, waits, counts } = options;
  const clientToken = table.clientTokenEnv === undefined ? undefined : tokens.get(table.clientTokenEnv);
  return table.routes.map((route) => {
    const slot = tokenSlot(route, tokens, files);
    let made = credentialFor(route, slot);
    return {
      path: route.path,
      host: route.host,
      route,
      rules: headRules(route),
      clientToken,
      get credential() {
        if (made?.token !== slot.current) made = credentialFor(route, slot);
        return made;
      },
      leg: new Leg(
        route,
        { caCerts, egress: egressFor(egress, route.upstream) },
        waits,
        counts(routeName(route)),
      ),
    };
  });
}

function credentialFor(route: Route, slot: Slot): Credential & { readonly token: Secret } | undefined {
  const token = slot.current;
  if (token === undefined) return undefined;
  return { token, value: credentialValue(route, token), mask: Mask.of(route, token, slot.former) };
}
