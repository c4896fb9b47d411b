/**
 * A real Prometheus that collects the service's metrics, evaluates deploy/alerts.yaml, and answers the queries of
 * deploy/grafana-dashboard.json.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { parse, stringify } from "yaml";
import { sha256 } from "../../lib/core/sha256.ts";
import { startAdmin } from "../support/admin.ts";
import { TOKEN } from "../support/fixture.ts";
import { starts } from "../support/starts.ts";
import { startUpstream } from "../support/upstream.ts";

const DEPLOY = new URL("../../deploy/", import.meta.url);
const hasPrometheus = await starts("prometheus", "--version");

// deno-lint-ignore no-explicit-any -- the API's answers
type Any = any;

/** The expressions of the dashboard, with its variables replaced. */
function expressions(): string[] {
  const dashboard: Any = JSON.parse(Deno.readTextFileSync(new URL("grafana-dashboard.json", DEPLOY)));
  return dashboard.panels.flatMap((panel: Any) => panel.targets.map(({ expr }: Any) => expr as string))
    .map((expr: string) => expr.replaceAll("$__rate_interval", "5s").replaceAll("$instance", ".*"));
}

async function until<Value>(ask: () => Promise<Value | undefined>, what: string): Promise<Value> {
  for (const end = Date.now() + 20_000; Date.now() < end;) {
    const value = await ask().catch(() => undefined);
    if (value !== undefined) return value;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`Not within 20 s: ${what}`);
}

Deno.test({
  name:
    "a real Prometheus collects the metrics, fires the alert for a refused token, and answers the dashboard's queries",
  ignore: !hasPrometheus,
  async fn() {
    await using upstream = startUpstream((exchange) =>
      exchange.respond(exchange.target === "/no" ? 401 : 200, [], "ok")
    );
    const route = { upstream: upstream.url, auth_scheme: "Bearer", token_env: "A_TOKEN" };
    await using service = await startAdmin({
      routes: {
        clients: [{
          name: "coder",
          token_sha256: sha256("coder-token"),
          routes: "*",
          requests_per_minute: 60,
        }],
        routes: [{ path: "/a/", ...route }, { path: "/b/", ...route }],
      },
      env: { A_TOKEN: TOKEN },
    });
    const ask = async (path: string) =>
      await (await fetch(service.url + path, { headers: { "x-api-key": "coder-token" } })).text();
    const folder = await Deno.makeTempDir();
    const rules = parse(await Deno.readTextFile(new URL("alerts.yaml", DEPLOY)));
    for (const rule of rules.groups[0].rules) if (rule.for !== undefined) rule.for = "1s";
    rules.groups[0].interval = "500ms";
    await Deno.writeTextFile(join(folder, "alerts.yaml"), stringify(rules));
    await Deno.writeTextFile(
      join(folder, "prometheus.yml"),
      stringify({
        global: { scrape_interval: "500ms" },
        rule_files: ["alerts.yaml"],
        scrape_configs: [{ job_name: "cred-proxy", static_configs: [{ targets: [service.adminAddress] }] }],
      }),
    );
    using free = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = free.addr;
    free.close();
    const child = new Deno.Command("prometheus", {
      args: [
        `--config.file=${folder}/prometheus.yml`,
        `--storage.tsdb.path=${folder}/data`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      stdout: "null",
      stderr: "null",
    }).spawn();
    try {
      const query = async (text: string): Promise<Any> => {
        const parameters = new URLSearchParams({ query: text });
        return await (await fetch(`http://127.0.0.1:${port}/api/v1/query?${parameters}`)).json();
      };
      await ask("/a/x");
      await ask("/b/no");
      const fired = await until(async () => {
        await ask("/a/x");
        const { data } = await query('ALERTS{alertname="CredProxyTokenRefused", alertstate="firing"}');
        return data.result[0]?.metric;
      }, "the alert");
      assertEquals([fired.route, fired.token], ["/b/", "A_TOKEN"]);
      const { data } = await query('cred_proxy_upstream_responses_total{client="coder"}');
      assertEquals(
        data.result.map(({ metric }: Any) => `${metric.route} ${metric.status}`).toSorted(),
        ["/a/ 2xx", "/b/ 401"],
      );
      const all = expressions();
      assert(all.length > 10);
      for (const expr of all) assertEquals((await query(expr)).status, "success", expr);
      // What happened shows: requests, the refused token, the client in flight, memory.
      const shown = await Promise.all(all.map(async (expr) => (await query(expr)).data.result.length > 0));
      assert(shown.filter(Boolean).length >= 8, `${shown}`);
    } finally {
      child.kill("SIGKILL");
      await child.status;
      await Deno.remove(folder, { recursive: true });
    }
  },
});
