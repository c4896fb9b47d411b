/**
 * Checks the files of deploy/ that an operator copies, and the statements of docs/OPERATING.md, against the service.
 *
 * @module
 */

import { parser } from "@prometheus-io/lezer-promql";
import { assert, assertEquals, assertGreater } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import type { Container } from "kubernetes-types/core/v1.d.ts";
import { parse, parseAllDocuments } from "yaml";
import { EXIT } from "../../lib/commands/command.ts";
import { parseRoutes } from "../../lib/config/route/route_table.ts";
import { SETTING_VARIABLES } from "../../lib/config/settings/settings.ts";
import { REFUSAL_CODES } from "../../lib/http/refusal.ts";
import { jsonLine } from "../../lib/log/json_line.ts";
import type { LogEntry } from "../../lib/log/request_log.ts";
import { metricFamilies } from "../../lib/metrics/metric_families.ts";
import { Meters } from "../../lib/metrics/meters.ts";
import { STATUS_CLASSES } from "../../lib/metrics/status_class.ts";
import { valueOf } from "../support/result.ts";
import { promtool } from "../support/promtool.ts";
import { startService } from "../support/service.ts";
import { startUpstream } from "../support/upstream.ts";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));
const read = (name: string) => Deno.readTextFileSync(join(ROOT, name));
const OPERATING = read("docs/OPERATING.md");

// deno-lint-ignore no-explicit-any -- files of other programs, which the assertions check
type Any = any;

const COMPOSE: Any = parse(read("deploy/compose.yaml"));
const KUBERNETES: readonly Any[] = parseAllDocuments(read("deploy/kubernetes.yaml")).map((document) => {
  assertEquals(document.errors, []);
  return document.toJS();
});
const UNIT = read("deploy/cred-proxy.service");

/** Returns the fenced blocks of one language. */
function blocks(language: string): string[] {
  return [...OPERATING.matchAll(/^```(\S*)\n(.*?)^```$/gms)]
    .filter(([, name]) => name === language).map(([, , block]) => block ?? "");
}

/** Returns the code spans in the first column of the table whose header starts with a word. */
function firstColumn(head: string): string[] {
  const [, rows = ""] =
    new RegExp(`^\\| ${head} [^\\n]*\\n\\| -[^\\n]*\\n((?:\\|[^\\n]*\\n)+)`, "m").exec(OPERATING) ??
      [];
  assert(rows !== "", head);
  return rows.split("\n").flatMap((row) =>
    [...(row.split("|")[1] ?? "").matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? "")
  );
}

/** Asserts that each setting in a list of variables exists. */
function assertKnown(names: readonly string[]): void {
  assert(names.some((name) => name.startsWith("CRED_PROXY_")), names.join());
  for (const name of names) {
    if (name.startsWith("CRED_PROXY_")) assert(SETTING_VARIABLES.includes(name), name);
  }
}

/** Parses seconds: `30` or `40s`. */
const seconds = (text: unknown) => Number(/^(\d+)s?$/.exec(String(text))?.[1]);

Deno.test("deploy/compose.yaml leaves the agent one network, and the operator's listener is on another", () => {
  const { services, networks } = COMPOSE;
  const proxy = services["cred-proxy"];
  assertKnown(Object.keys(proxy.environment));
  assertEquals(services.agent.networks, ["agent"]);
  assertEquals(Object.keys(proxy.networks), ["agent", "egress", "operator"]);
  assertEquals([networks.agent.internal, networks.operator.internal], [true, true]);
  const { ipv4_address } = proxy.networks.operator;
  assertEquals(proxy.environment.CRED_PROXY_ADMIN, `${ipv4_address}:9100`);
  const [{ subnet }] = networks.operator.ipam.config;
  assert(ipv4_address.startsWith(subnet.replace(/0\/24$/, "")), subnet);
  for (const { ports } of Object.values<Any>(services)) assertEquals(ports, undefined);
  // The agent gets none of the proxy's variables.
  for (const name of Object.keys(services.agent.environment)) assert(!(name in proxy.environment), name);
});

Deno.test("deploy/compose.yaml removes the privileges that the proxy does not need, and lets it drain", () => {
  const proxy = COMPOSE.services["cred-proxy"];
  assertEquals([proxy.read_only, proxy.cap_drop, proxy.security_opt, proxy.ulimits.core], [
    true,
    ["ALL"],
    ["no-new-privileges:true"],
    0,
  ]);
  assertGreater(seconds(proxy.stop_grace_period), seconds(proxy.environment.CRED_PROXY_DRAIN_S));
});

/** The module of Kubernetes' types for each API version. */
const TYPES: Readonly<Record<string, string>> = {
  "v1": "core/v1",
  "apps/v1": "apps/v1",
  "networking.k8s.io/v1": "networking/v1",
};

Deno.test("deploy/kubernetes.yaml has only fields that Kubernetes knows", async () => {
  // As object literals, since the compiler rejects unknown properties in these.
  const lines = KUBERNETES.flatMap((object, index) => [
    `import type { ${object.kind} as Kind${index} } from "kubernetes-types/${
      TYPES[object.apiVersion]
    }.d.ts";`,
    `export const object${index}: Kind${index} = ${JSON.stringify(object)};`,
  ]);
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(file, lines.join("\n"));
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["check", "--quiet", "--config", join(ROOT, "tests/deno.json"), file],
      env: { NO_COLOR: "1" },
    }).output();
    assertEquals(code, 0, new TextDecoder().decode(stderr));
  } finally {
    await Deno.remove(file);
  }
});

function find(kind: string, name: string): Any {
  const found = KUBERNETES.filter((object) => object.kind === kind && object.metadata.name === name);
  assertEquals(found.length, 1, `${kind} ${name}`);
  return found[0];
}

/** Returns the pods of the file, each with its containers. */
function pods(): { spec: Any; containers: Container[] }[] {
  return KUBERNETES.flatMap(({ kind, spec }) => {
    const pod = kind === "Pod" ? spec : kind === "Deployment" ? spec.template.spec : undefined;
    return pod === undefined
      ? []
      : [{ spec: pod, containers: [...pod.initContainers ?? [], ...pod.containers] }];
  });
}

Deno.test("deploy/kubernetes.yaml removes the privileges that no container needs", () => {
  assertEquals(pods().map(({ containers }) => containers.map(({ name }) => name)), [
    ["cred-proxy"],
    ["agent"],
    ["cred-proxy", "agent"],
  ]);
  for (const { spec, containers } of pods()) {
    assertEquals([spec.automountServiceAccountToken, spec.securityContext.runAsNonRoot], [false, true]);
    assertEquals(spec.securityContext.seccompProfile.type, "RuntimeDefault");
    for (const { name, securityContext, resources } of containers) {
      assertEquals(securityContext?.allowPrivilegeEscalation, false);
      assertEquals(securityContext?.capabilities, { drop: ["ALL"] });
      assert(resources?.limits?.["memory"] !== undefined);
      // By number, since Kubernetes can only verify a number not to be root.
      assertEquals(
        securityContext?.runAsUser ?? spec.securityContext.runAsUser,
        name === "agent" ? 1000 : 1993,
      );
      if (name === "cred-proxy") assertEquals(securityContext?.readOnlyRootFilesystem, true);
    }
  }
});

Deno.test("deploy/kubernetes.yaml gives the proxy what its table names, its own port and time to drain", () => {
  const table = valueOf(parseRoutes(find("ConfigMap", "cred-proxy").data["routes.json"]));
  const secret = find("Secret", "cred-proxy").stringData;
  for (const { spec, containers } of pods()) {
    const proxy = containers.find(({ name }) => name === "cred-proxy");
    if (proxy === undefined) continue;
    assertEquals(spec.enableServiceLinks, false);
    const env = proxy.env ?? [];
    const names = env.map(({ name }) => name);
    assertKnown(names);
    const [{ name: volume, projected: { sources } }] = spec.volumes;
    assertEquals(proxy.volumeMounts, [{ name: volume, mountPath: "/run/cred-proxy", readOnly: true }]);
    const [{ key, path }] = sources[1].secret.items;
    assert(key in secret, key);
    for (const { tokenEnv, tokenFile } of table.routes) {
      if (tokenEnv !== undefined) assert(names.includes(tokenEnv), tokenEnv);
      else assertEquals(tokenFile, path);
    }
    for (const { valueFrom } of env) {
      if (valueFrom !== undefined) assert((valueFrom.secretKeyRef?.key ?? "") in secret);
    }
    const drain = env.find(({ name }) => name === "CRED_PROXY_DRAIN_S")?.value;
    const sleep = proxy.lifecycle?.preStop?.exec?.command?.[1] ?? 0;
    assertGreater(spec.terminationGracePeriodSeconds, Number(drain) + Number(sleep));
  }
});

Deno.test("deploy/kubernetes.yaml lets the agent's pod go to the proxy's port and nowhere else", () => {
  const { podSelector, policyTypes, ingress, egress } = find("NetworkPolicy", "agent").spec;
  assertEquals(podSelector.matchLabels, find("Pod", "agent").metadata.labels);
  assertEquals([policyTypes, ingress], [["Ingress", "Egress"], []]);
  const proxy = find("Deployment", "cred-proxy").spec.template.metadata.labels;
  assertEquals(egress, [{ to: [{ podSelector: { matchLabels: proxy } }], ports: [{ port: 9099 }] }]);
  // Only the monitoring namespace may reach the operator's port.
  const open = find("NetworkPolicy", "cred-proxy").spec.ingress;
  assertEquals(open.map(({ ports }: Any) => ports), [[{ port: 9099 }], [{ port: 9100 }]]);
  assertEquals(Object.keys(open[1].from[0]), ["namespaceSelector"]);
});

/** Returns the values of a key of the unit, in order, without those in comments. */
function unit(key: string): string[] {
  return [...UNIT.matchAll(new RegExp(`^${key}=(.*)$`, "gm"))].map(([, value]) => value ?? "");
}

Deno.test("deploy/cred-proxy.service starts, reloads and stops the service in the ways that it supports", () => {
  const variables = unit("Environment").flatMap((line) => line.split(" ")).map((each) => each.split("="));
  assertKnown(variables.map(([name]) => name ?? ""));
  assertEquals(unit("RestartPreventExitStatus"), [String(EXIT.configuration)]);
  const drain = variables.find(([name]) => name === "CRED_PROXY_DRAIN_S")?.[1];
  assertGreater(seconds(unit("TimeoutStopSec")[0]), seconds(drain));
  assert(unit("ExecReload")[0]?.includes("kill -HUP"));
  // It starts the program that its head installs.
  const [, folder = "", name = ""] = /^(\/\S+)\/bin\/([\w-]+) serve$/.exec(unit("ExecStart")[0] ?? "") ??
    [];
  const [, copied = ""] = new RegExp(`^#     cp -r (.*) ${folder}/$`, "m").exec(UNIT) ?? [];
  assertEquals(name, "cred-proxy");
  assert(copied.split(" ").includes("bin"), copied);
  for (const path of copied.split(" ")) Deno.statSync(join(ROOT, path));
});

const STATE = {
  inFlight: 0,
  webSockets: 0,
  draining: false,
  accepting: true,
  startTime: 0,
  lost: { connections: 0, uploads: 0 },
  memory: 0,
  tokens: [{ route: "/a/", client: "", expiresIn: 59.5, refreshes: { succeeded: 2, failed: 1 } }],
  clients: [{ name: "coder", inFlight: 1 }],
  tokenHealth: [{
    route: "/a/",
    token: "A_TOKEN",
    acceptedAt: 1_700_000_001_000,
    refusedAt: undefined,
    refusedSince: undefined,
  }],
};

/** Returns the metrics of a service with one route. */
function metrics(): ReturnType<typeof metricFamilies> {
  const meters = new Meters();
  meters.route("/a/");
  return metricFamilies(meters, STATE);
}

Deno.test("docs/OPERATING.md lists every metric, and no other", () => {
  assertEquals(firstColumn("metric").toSorted(), metrics().map(({ name }) => name).toSorted());
});

Deno.test("docs/OPERATING.md lists every field of the log, and no other", () => {
  // With every value known, no field is omitted.
  const entry: LogEntry = {
    id: "1",
    number: 1,
    time: 0,
    began: 0,
    method: "GET",
    client: { address: "127.0.0.1:1", session: "s", requestId: "r", userAgent: "u" },
    token: "t#0",
    upstreamRequestId: "u",
    clientName: "n",
    subject: "s",
    pod: "p",
    path: "/a/",
    route: "/a/",
    upstream: "a.example",
    status: 502,
    error: "upstream_failed",
    cause: "c",
    webSocket: { messagesUp: 1, messagesDown: 1, closeCode: 1000 },
    reused: false,
    masked: 1,
    bytesUp: 0,
    bytesDown: 0,
    firstByteMs: 1,
    durationMs: 1,
    outcome: "complete",
  };
  const listed = firstColumn("field").toSorted();
  assertEquals(listed, Object.keys(JSON.parse(jsonLine(entry))).toSorted());
});

/** Asserts that a query parses, and that the metrics and codes in it exist. */
function assertQuery(query: string): void {
  const known = new Set(
    metrics().flatMap(({ name, samples }) =>
      samples.type === "histogram" ? ["_bucket", "_sum", "_count"].map((end) => name + end) : [name]
    ),
  );
  const codes: readonly string[] = [...REFUSAL_CODES, ...STATUS_CLASSES];
  parser.parse(query).iterate({
    enter({ type, from, to }) {
      assert(!type.isError, `${query}: not understood at "${query.slice(from)}"`);
      const text = query.slice(from, to);
      if (type.name === "Identifier" && text !== "up") assert(known.has(text), text);
      const [, label, value = ""] = /^(\w+)=~?"(.*)"$/.exec(text) ?? [];
      if (type.name !== "UnquotedLabelMatcher" || label !== "code") return;
      for (const code of value.split("|")) assert(codes.includes(code), code);
    },
  });
}

Deno.test("the alerts, the dashboard and the documents' queries use metrics that exist", () => {
  const rules = parse(read("deploy/alerts.yaml")).groups.flatMap((group: Any) => group.rules);
  assertGreater(rules.length, 5);
  for (const { alert, expr, annotations } of rules) {
    assert(/^CredProxy[A-Z]\w+$/.test(alert) && annotations.summary !== "", alert);
    assertQuery(expr);
  }
  const { panels } = JSON.parse(read("deploy/grafana-dashboard.json"));
  for (const { expr } of panels.flatMap((panel: Any) => panel.targets)) {
    assertQuery(expr.replaceAll("$__rate_interval", "5m"));
  }
  const queries = blocks("promql").flatMap((block) => block.trim().split("\n"));
  assertGreater(queries.length, 2);
  for (const query of queries) assertQuery(query);
});

Deno.test({
  name: "each alert fires for its problem, and none for a healthy service",
  // Prometheus' own tool evaluates them, where it is installed.
  ignore: promtool === undefined,
  fn: async () => {
    const { success, stdout, stderr } = await new Deno.Command("promtool", {
      args: ["test", "rules", join(ROOT, "tests/testdata/alerts.yaml")],
    }).output();
    assert(success, new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr));
  },
});

/** Returns what the runtime's exporter sends for one request, by path. */
async function exported(env: Readonly<Record<string, string>>): Promise<Map<string, string>> {
  const sent = new Map<string, string>();
  await using upstream = startUpstream((exchange) => exchange.respond(200, [], "ok"));
  await using collector = startUpstream(async (exchange) => {
    const text = new TextDecoder().decode(await exchange.bodyBytes());
    sent.set(exchange.target, (sent.get(exchange.target) ?? "") + text);
    await exchange.respond(200, { "Content-Type": "application/json" }, "{}");
  });
  await using service = await startService({
    routes: { routes: [{ path: "/a/", upstream: upstream.url, auth_scheme: "Bearer", token_env: "TOKEN" }] },
    env: {
      TOKEN: "a-secret-token",
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      ...env,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    },
  });
  await (await fetch(`${service.url}/a/path?key=in-the-query`)).body?.cancel();
  await service.stop();
  return sent;
}

Deno.test("the runtime's exporter sends what docs/OPERATING.md says, past --allow-net", async () => {
  const all = await exported({ OTEL_DENO: "true" });
  assertEquals([...all.keys()].toSorted(), ["/v1/logs", "/v1/metrics", "/v1/traces"]);
  assert(all.get("/v1/traces")?.includes("/a/path?key=in-the-query"));
  assert(all.get("/v1/logs")?.includes("cred-proxy listening on"));
  assert(!all.get("/v1/metrics")?.includes("/a/path"));
  assert(![...all.values()].join().includes("a-secret-token"));
});

Deno.test("with the variables of docs/OPERATING.md the exporter sends metrics only", async () => {
  const [block = ""] = blocks("sh").filter((each) => each.includes("OTEL_DENO="));
  const env = Object.fromEntries(
    [...block.matchAll(/(OTEL_\w+)=(\S+)/g)].map(([, name, value]) => [name, value]),
  );
  assertEquals([...(await exported(env)).keys()], ["/v1/metrics"]);
});
