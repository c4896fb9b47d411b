import { openRouter, type Router, type RouterOptions } from "../../lib/proxy/router.ts";
import { RequestLimiters } from "../../lib/clients/request_limiter.ts";
import { parseRoutes } from "../../lib/config/route/route_table.ts";
import { parseTokens } from "../../lib/config/route/token.ts";
import { MintedTokens } from "../../lib/tokens/minted_tokens.ts";
import { TokenFiles } from "../../lib/tokens/token_files.ts";
import { TokenHealths } from "../../lib/tokens/token_health.ts";
import { BufferBudget } from "../../lib/upstream/buffer_budget.ts";
import { ConnectionCounts } from "../../lib/upstream/connection_counts.ts";
import { Deadlines } from "../../lib/upstream/deadlines.ts";
import { valueOf } from "./result.ts";

/** Opens the router of a table whose tokens are in variables. @param table A value that becomes JSON. */
export async function routerOf(
  table: object,
  env: Readonly<Record<string, string>>,
  options: Partial<RouterOptions> = {},
): Promise<Router> {
  const parsed = valueOf(parseRoutes(JSON.stringify(table)));
  return await openRouter(parsed, {
    tokens: valueOf(parseTokens(parsed, (name) => env[name])),
    files: TokenFiles.NONE,
    minted: MintedTokens.NONE,
    caCerts: [],
    egress: { https: undefined, http: undefined, bypass: [] },
    hosts: [],
    deadlines: new Deadlines(),
    budget: new BufferBudget(1e6),
    connectionCounts: () => new ConnectionCounts(),
    limiters: new RequestLimiters(),
    tokenHealths: new TokenHealths(() => {}),
    folder: ".",
    report() {},
    ...options,
  });
}
