import { join } from "@std/path";
import { startRotatingIssuer } from "../support/rotating_issuer.ts";
import { startService } from "../support/service.ts";
import { startUpstream } from "../support/upstream.ts";
import type { Resources } from "../support/until_signal.ts";
import { request } from "../support/wire.ts";
import { delay } from "./workload.ts";

/** How long after the issuer was asked the service is killed at most, in milliseconds: a rotation takes less. */
const SPREAD_MS = 20;

/**
 * Kills the service by SIGKILL while the issuer replaces its refresh token, again and again, and counts how often the next
 * start has a token that works. The issuer accepts the token before the current one until the current one is used.
 */
export async function rotation(resources: Resources, count: number): Promise<number> {
  const issuer = await resources.use(Promise.resolve(startRotatingIssuer("grace")));
  let latest = "";
  const upstream = await resources.use(Promise.resolve(startUpstream((exchange) => {
    latest = exchange.field("authorization")?.slice("Bearer ".length) ?? "";
    return exchange.respond(issuer.isLatest(latest) ? 200 : 401, [], "ok");
  })));
  const state = await Deno.makeTempDir();
  const oauth2 = {
    token_url: `${issuer.url}/token`,
    grant: "refresh_token",
    client_id: "me",
    refresh_token_env: "REFRESH_TOKEN",
  };
  const start = () =>
    startService({
      routes: {
        routes: [{ path: "/a/", upstream: upstream.url, auth_scheme: "Bearer", token_from: { oauth2 } }],
      },
      env: { REFRESH_TOKEN: issuer.first, CRED_PROXY_STATE: state },
    });
  const ask = async (port: number) => {
    try {
      return (await request(port, "GET /a/x HTTP/1.1\r\nHost: proxy\r\n\r\n")).status;
    } catch {
      return 0;
    }
  };
  let [lost, answered, stored, before] = [0, 0, 0, ""];
  const file = async () => {
    for await (const { name } of Deno.readDir(state)) {
      if (name.endsWith(".json")) return await Deno.readTextFile(join(state, name));
    }
    return "";
  };
  try {
    for (let round = 1; round <= count; round++) {
      const victim = await start();
      const asked = Promise.withResolvers<void>();
      issuer.setHooks({ before: () => Promise.resolve(asked.resolve()) });
      before = await file();
      const asking = ask(victim.port);
      await asked.promise;
      await delay(Math.random() * SPREAD_MS);
      victim.kill("SIGKILL");
      if (await asking === 200) answered++;
      await victim[Symbol.asyncDispose]();
      if (await file() !== before) stored++;
      issuer.setHooks({});
      const next = await start();
      if (await ask(next.port) !== 200) lost++;
      await next[Symbol.asyncDispose]();
      if (round % 20 === 0 || round === count) {
        console.log(
          `${round} kills: ${stored} after the new refresh token was stored, ${answered} after the response; ${lost} lost logins`,
        );
      }
      if (lost > 0) break;
    }
  } finally {
    await Deno.remove(state, { recursive: true });
  }
  console.log(lost === 0 ? "All well." : "A login was lost.");
  return lost === 0 ? 0 : 1;
}
