import { type Egress, egressFor } from "../config/settings/egress.ts";
import { type RouteConfig, routeName, type RouteTable } from "../config/route/route_config.ts";
import type { Tokens } from "../config/route/token.ts";
import { credentialValue } from "../credentials/credential.ts";
import { type HeadRules, headRules } from "./request_head.ts";
import type { Secret } from "../core/secret.ts";
import type { Mask } from "../mask/mask.ts";
import { TableMask } from "../mask/table_mask.ts";
import type { ConnectionCounts } from "../upstream/connection_counts.ts";
import { Http1Transport } from "../upstream/transport.ts";
import type { TokenSource } from "../tokens/token_source.ts";
import { type TokenFiles, tokenSource } from "../tokens/token_files.ts";
import type { Deadlines } from "../upstream/deadlines.ts";

/** A route made ready to serve: what each request of it needs, worked out once. */
export interface Route {
  readonly path: string;
  readonly host?: string | undefined;
  readonly route: RouteConfig;
  readonly rules: HeadRules;
  /** The value of the credential's field; undefined while the token is unset. One that lies in a file may change. */
  readonly credential: Secret | undefined;
  /** What overwrites the table's tokens in replies; undefined where they are too short to be told from chance. */
  readonly mask: Mask | undefined;
  /** What the client must show; undefined: nothing. */
  readonly clientToken?: Secret | undefined;
  readonly leg: Http1Transport;
}

export interface RouteOptions {
  /** The tokens that are set, by variable. */
  readonly tokens: Tokens;
  readonly files: TokenFiles;
  readonly caCerts: readonly string[];
  readonly egress: Egress;
  readonly waits: Deadlines;
  /** Where the connections of a route, by its name, are counted. */
  readonly counts: (route: string) => ConnectionCounts;
}

/** All passages, longest prefix first like the table. */
export function openRoutes(table: RouteTable, options: RouteOptions): Route[] {
  const { tokens, files, caCerts, egress, waits, counts } = options;
  const clientToken = table.clientTokenEnv === undefined ? undefined : tokens.get(table.clientTokenEnv);
  const keepers = table.routes.map((route) => ({ route, slot: tokenSource(route, tokens, files) }));
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
      leg: new Http1Transport(
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
  readonly #route: RouteConfig;
  readonly #slot: TokenSource;
  #token: Secret | undefined;
  #value: Secret | undefined;

  constructor(route: RouteConfig, slot: TokenSource) {
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
