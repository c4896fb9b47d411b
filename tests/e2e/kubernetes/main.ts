/**
 * Tries deploy/kubernetes with a real API server, and the proxy with the tokens that it issues: `deno task e2e:kubernetes`.
 * Builds Kubernetes first, with Go. There are no nodes: pods are accepted, and never run.
 *
 * @module
 */

import { fromFileUrl, join } from "@std/path";
import { parse } from "yaml";
import { type Service, startService } from "../../support/service.ts";
import { startUpstream } from "../../support/upstream.ts";
import { request } from "../../support/wire.ts";
import { type Cluster, ISSUER, startCluster } from "./cluster.ts";
import { type ClusterPrograms, install } from "./install.ts";

const DEPLOY: string = fromFileUrl(new URL("../../../deploy/", import.meta.url));
const GATEWAY = join(DEPLOY, "kubernetes/gateway");
const NAMESPACES = ["agents", "cred-proxy"];

/** libfaketime, with which a process sees another time; from Debian's package `faketime`. */
const FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";

let failed = false;

/** Reports what an attempt has shown, or not. */
function report(what: string, got: string, wanted: string): void {
  const passed = got === wanted;
  failed ||= !passed;
  console.log(`${passed ? "passed" : "FAILED"}: ${what}: ${got}${passed ? "" : `, not ${wanted}`}`);
}

/** The service with the gateway's own clients and issuer, in front of a mock of its upstreams. */
async function startGateway(
  cluster: Cluster,
  upstream: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Service> {
  const service = await startService({
    routes: await gatewayTable(cluster, upstream),
    files: {
      anthropic: "made-up-Wq7Zt2LmK9xB4vNc",
      github: "made-up-hJ2Tq8vXbN5zR1cD",
    },
    ca: cluster.ca,
    env: { CRED_PROXY_LOG: "json", ...env },
  });
  return service;
}

/** The table of deploy/kubernetes/gateway/base, with the cluster's address and files of the test. */
async function gatewayTable(cluster: Cluster, upstream: string, audience?: string): Promise<object> {
  const table = JSON.parse(await Deno.readTextFile(join(GATEWAY, "base/routes.json")));
  const [issuer] = table.issuers;
  return {
    issuers: [{
      ...issuer,
      audience: audience ?? issuer.audience,
      jwks_url: `${cluster.url}/openid/v1/jwks`,
    }],
    clients: table.clients,
    routes: table.routes.map((route: { readonly token_file: string }) => ({
      ...route,
      upstream,
      token_file: route.token_file.replace("tokens/", ""),
    })),
  };
}

async function ask(service: Service, line: string, token: string): Promise<string> {
  const head =
    `${line} HTTP/1.1\r\nHost: proxy\r\nAuthorization: Bearer ${token}\r\nContent-Length: 0\r\n\r\n`;
  const { status, field } = await request(service.port, head);
  return `${status} ${field("cred-proxy-error") ?? ""}`.trim();
}

/** Asks the API server for a token as a kubelet does for a projected volume. */
async function tokenOf(cluster: Cluster, account: string, options: {
  readonly audience?: string | undefined;
  readonly pod?: { readonly name: string; readonly uid: string };
} = {}): Promise<string> {
  const audiences = "audience" in options
    ? options.audience === undefined ? {} : { audiences: [options.audience] }
    : { audiences: ["cred-proxy"] };
  const { status } = await cluster.post(`/api/v1/namespaces/agents/serviceaccounts/${account}/token`, {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    spec: {
      ...audiences,
      expirationSeconds: 600,
      ...options.pod === undefined ? {} : {
        boundObjectRef: { apiVersion: "v1", kind: "Pod", ...options.pod },
      },
    },
  });
  return status.token;
}

/** Prepares what a cluster's controllers would: namespaces, and the accounts that pods have by default. */
async function prepare(cluster: Cluster, { definitions }: ClusterPrograms): Promise<void> {
  for (const file of definitions) {
    const { success, text } = await cluster.kubectl("apply", "--server-side", "-f", file);
    if (!success) throw new Error(text);
  }
  for (const namespace of NAMESPACES) {
    await cluster.kubectl("create", "namespace", namespace);
    // The manifests' own as well: a dry run does not create them before it asks for their pods.
    for (const name of ["default", "coder", "cred-proxy"]) {
      await cluster.kubectl("create", "serviceaccount", name, "--namespace", namespace);
    }
  }
  await cluster.kubectl("create", "serviceaccount", "default");
}

async function tryManifests(cluster: Cluster): Promise<void> {
  const dryRun = ["apply", "--dry-run=server", "--validate=strict"];
  const tries: [name: string, ...args: string[]][] = [
    ["deploy/kubernetes.yaml", "-f", join(DEPLOY, "kubernetes.yaml")],
    ...["agent.yaml", "secret.example.yaml", "external-secret.example.yaml"]
      .map((name): [string, string, string] => [`gateway/${name}`, "-f", join(GATEWAY, name)]),
    ...["gateway", "sidecar"].map((
      name,
    ): [string, string, string] => [`gateway/overlays/${name}`, "-k", join(GATEWAY, "overlays", name)]),
  ];
  for (const [name, ...args] of tries) {
    const { success, text } = await cluster.kubectl(...dryRun, ...args);
    const warnings = text.split("\n").filter((line) =>
      !line.endsWith("(server dry run)") &&
      !line.includes("last-applied-configuration") && line !== ""
    );
    const count = text.split("(server dry run)").length - 1;
    console.log(`  ${name}: ${count} objects`);
    report(`${name} is accepted`, success ? ["accepted", ...warnings].join("; ") : text, "accepted");
  }
  const unknown = await Deno.makeTempFile({ suffix: ".yaml" });
  const text = await Deno.readTextFile(join(GATEWAY, "agent.yaml"));
  await Deno.writeTextFile(unknown, text.replace("runAsNonRoot:", "runAsNoRoot:"));
  const control = await cluster.kubectl(...dryRun, "-f", unknown);
  report("control: a misspelt field", control.success ? "accepted" : "refused", "refused");
  await Deno.remove(unknown);
}

async function tryTokens(cluster: Cluster): Promise<void> {
  await using upstream = startUpstream((exchange) => exchange.respond(200, [], "ok"));
  const keys = async () => {
    const client = Deno.createHttpClient({ caCerts: [cluster.ca] });
    const response = await fetch(`${cluster.url}/openid/v1/jwks`, { client });
    await response.body?.cancel();
    client.close();
    return String(response.status);
  };
  report("a stranger reads the cluster's keys before the gateway is applied", await keys(), "403");
  for (const args of [["-k", join(GATEWAY, "overlays/gateway")], ["-f", join(GATEWAY, "agent.yaml")]]) {
    const { success, text } = await cluster.kubectl("apply", ...args);
    if (!success) throw new Error(text);
  }
  report("a stranger reads the cluster's keys once it is", await keys(), "200");
  const deployment = await cluster.kubectl(
    "get",
    "deployment",
    "cred-proxy",
    "-n",
    "cred-proxy",
    "-o",
    "json",
  );
  const { template } = JSON.parse(deployment.text).spec;
  const created = await cluster.post("/api/v1/namespaces/cred-proxy/pods?dryRun=All", {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { ...template.metadata, name: "cred-proxy-0" },
    spec: template.spec,
  }).then(() => "accepted", String);
  report("a pod of the gateway where only restricted pods are", created, "accepted");
  for (const name of ["reader-one", "reader", "stranger"]) {
    await cluster.kubectl("create", "serviceaccount", name, "--namespace", "agents");
  }
  const { text } = await cluster.kubectl("get", "pod", "coder", "--namespace", "agents", "-o", "yaml");
  const { metadata, spec } = parse(text);
  const projected = spec.volumes.find((each: { readonly name: string }) => each.name === "token").projected
    .sources[0].serviceAccountToken;
  report("the agent's pod asks for the audience", projected.audience, "cred-proxy");
  const pod = { name: metadata.name, uid: metadata.uid };
  const token = await tokenOf(cluster, "coder", { pod });

  await using service = await startGateway(cluster, upstream.url);
  const reader = await tokenOf(cluster, "reader-one");
  const cases: [what: string, line: string, token: string, wanted: string][] = [
    ["the agent's token", "POST /anthropic/v1/messages", token, "200"],
    ["a reader's, to read", "GET /gh/repos/acme/x", reader, "200"],
    ["a reader's, to write", "POST /gh/repos/acme/x", reader, "403 not_allowed"],
    ["a reader's, on another route", "GET /anthropic/v1/models", reader, "403 not_allowed"],
    [
      "a subject that no client has",
      "GET /gh/x",
      await tokenOf(cluster, "reader"),
      "401 client_token_required",
    ],
    ["a stranger's", "GET /gh/x", await tokenOf(cluster, "stranger"), "401 client_token_required"],
    [
      "one for the API server itself",
      "GET /gh/x",
      await tokenOf(cluster, "coder", { audience: undefined }),
      "401 client_token_required",
    ],
    [
      "one for somebody else",
      "GET /gh/x",
      await tokenOf(cluster, "coder", { audience: "other" }),
      "401 client_token_required",
    ],
    [
      "one with a changed signature",
      "GET /gh/x",
      `${token.slice(0, -8)}AAAAAAAA`,
      "401 client_token_required",
    ],
  ];
  for (const [what, line, each, wanted] of cases) {
    report(what, await ask(service, line, each), wanted);
  }
  const [line] = (await service.printed(/^.*"client":"coders".*$/m))[0].split("\n");
  const { client_subject, client_pod } = JSON.parse(line!);
  report(
    "the log names subject and pod",
    `${client_subject} ${client_pod}`,
    "system:serviceaccount:agents:coder coder",
  );
  report(
    "the upstream got a client's token",
    String(upstream.requests.some(({ head }) => head.includes(token.slice(-40)))),
    "false",
  );

  if (await Deno.stat(FAKETIME).then(() => true, () => false)) {
    for (const [minutes, wanted] of [[9, "200"], [11, "401 client_token_required"]] as const) {
      await using later = await startGateway(cluster, upstream.url, {
        LD_PRELOAD: FAKETIME,
        FAKETIME: `+${minutes}m`,
      });
      report(
        `a token of ten minutes, ${minutes} minutes later`,
        await ask(later, "GET /gh/x", token),
        wanted,
      );
    }
  } else console.log("skipped: a token that has expired: install the package faketime");

  const table = join(service.folder, "routes.json");
  await Deno.writeTextFile(table, JSON.stringify(await gatewayTable(cluster, upstream.url, "other")));
  await service.logged(/route table reloaded/);
  report(
    "the agent's token, for another audience in the table",
    await ask(service, "GET /gh/x", token),
    "401 client_token_required",
  );
  report(
    "one with that audience",
    await ask(service, "GET /gh/x", await tokenOf(cluster, "coder", { audience: "other" })),
    "200",
  );
  await Deno.writeTextFile(table, JSON.stringify(await gatewayTable(cluster, upstream.url)));
  await service.logged(/(route table reloaded[^]*){2}/);

  await cluster.rotateKey(true);
  const next = await tokenOf(cluster, "coder", { pod });
  const began = performance.now();
  let got = "";
  while (
    performance.now() - began < 65_000 &&
    (got = await ask(service, "GET /gh/x", next)) !== "200"
  ) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  report("a token of the cluster's next key, within the minute", got, "200");
  console.log(`  after ${((performance.now() - began) / 1000).toFixed(0)} s`);
  report(
    "the former key's token, while the cluster still lists that key",
    await ask(service, "GET /gh/x", token),
    "200",
  );
  await cluster.rotateKey(false);
  service.kill("SIGHUP");
  await service.logged(/(route table reloaded[^]*){3}/);
  report(
    "a token of a key that the cluster has dropped, after a reload",
    await ask(service, "GET /gh/x", token),
    "401 client_token_required",
  );
  report(
    "one of the key after that",
    await ask(service, "GET /gh/x", await tokenOf(cluster, "coder", { pod })),
    "200",
  );

  // As docs/ROUTES.md says: such a token is accepted until it expires.
  const last = await tokenOf(cluster, "coder", { pod });
  await cluster.kubectl("delete", "pod", "coder", "--namespace", "agents", "--force", "--grace-period=0");
  const { status } = await cluster.post("/apis/authentication.k8s.io/v1/tokenreviews", {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenReview",
    spec: { token: last, audiences: ["cred-proxy"] },
  });
  report(
    "the cluster's own word on the token of a pod that was deleted",
    String(status.authenticated ?? false),
    "false",
  );
  report("such a token at the proxy, before it expires", await ask(service, "GET /gh/x", last), "200");
  report(
    "the tokens' issuer",
    JSON.parse(atob(token.split(".")[1]!.replaceAll("-", "+").replaceAll("_", "/"))).iss,
    ISSUER,
  );
}

if (import.meta.main) {
  const programs = await install();
  await using cluster = await startCluster(programs);
  await prepare(cluster, programs);
  await tryManifests(cluster);
  await tryTokens(cluster);
  Deno.exitCode = failed ? 1 : 0;
}
