import { join } from "@std/path";
import { TOKEN } from "./fixture.ts";
import { derivedFlags } from "./run_main.ts";
import { type Service, startService } from "./service.ts";

/** Runs a service with a route `/a/` to an upstream, in a runtime that runs a module before it. */
export async function withPreloaded(
  { upstream, code, env: more }: {
    readonly upstream: { readonly url: string };
    /** The module. */
    readonly code: string;
    readonly env: Readonly<Record<string, string>>;
  },
  use: (service: Service) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const [preload, table] = [join(folder, "preload.js"), join(folder, "routes.json")];
    await Deno.writeTextFile(preload, code);
    const routes = {
      routes: [{ path: "/a/", upstream: upstream.url, auth_scheme: "Bearer", token_env: "A_TOKEN" }],
    };
    await Deno.writeTextFile(table, JSON.stringify(routes));
    const env = {
      A_TOKEN: TOKEN,
      CRED_PROXY_BIND: "127.0.0.1",
      CRED_PROXY_PORT: "0",
      CRED_PROXY_ROUTES: table,
      ...more,
    };
    const flags = [...await derivedFlags(env), `--preload=${preload}`];
    await using service = await startService({ routes, env, flags });
    await use(service);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
