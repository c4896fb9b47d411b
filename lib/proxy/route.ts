import { type Egress, egressFor } from "../config/settings/egress.ts";
import { type Route, routeName, type RouteTable } from "../config/route/route_config.ts";
import type { Tokens } from "../config/route/token.ts";
import { credentialValue } from "../credentials/credential.ts";
import { type HeadRules, headRules } from "./request_head.ts";
import type { Secret } from "../core/secret.ts";
import type { Mask } from "../mask/mask.ts";
import { TableMask } from "../mask/table_mask.ts";
import type { ConnectionCounts } from "../upstream/connection_counts.ts";
import { Leg } from "../upstream/transport.ts";
import type { Slot } from "../tokens/token_source.ts";
import { type TokenFiles, tokenSlot } from "../tokens/token_files.ts";
import type { Waits } from "../upstream/deadlines.ts";

/** A route made ready to serve: what each request of it needs, worked out once. */
export interface Passage {
  readonly path: string;
  readonly host?: string | undefined;
  readonly route: Route;
  readonly rules: HeadRules;
  /** The value of the credential's field; undefined while the token is unset. One that lies in a file may change. */
  readonly credential: Secret | undefined;
  /** What overwrites the table's tokens in replies; undefined where they are too short to be told from chance. */
  readonly mask: Mask | undefined;
  /** What the client must show; undefined: nothing. */
  readonly clientToken?: Secret | undefined;
  readonly leg: Leg;
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
  const keepers = table.routes.map((route) => ({ route, slot: tokenSlot(route, tokens, files) }));
  const mask = new TableMask(keepers);
  return keepers.map(({ route, slot }) => {
    const credential = new CredentialValue(route, slot);
    return {
      path: route.path,
      host: route.host,
      route,
      rules: headRules(route),
      clientToken,
      get credential() {
        return credential.current;
      },
      get mask() {
        return mask.current;
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

/** What a token becomes in its field, worked out once a token. */
class CredentialValue {
  readonly #route: Route;
  readonly #slot: Slot;
  #token: Secret | undefined;
  #value: Secret | undefined;

  constructor(route: Route, slot: Slot) {
    this.#route = route;
    this.#slot = slot;
  }

  get current(): Secret | undefined {
    const token = this.#slot.current;
    if (token !== this.#token) {
      this.#token = token;
      this.#value = token && credentialValue(this.#route, token);
    }
    return this.#value;
  }
}
