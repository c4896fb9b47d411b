/**
 * deploy/kubernetes/gateway: that kustomize builds it, that its parts fit each other and the service, and that it holds nothing
 * that looks like a token.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { parse, parseAllDocuments } from "yaml";
import { tokenFiles } from "../../lib/config/route/token.ts";
import { parseRoutes } from "../../lib/config/route/route_table.ts";
import { parseSettings, SETTING_VARIABLES } from "../../lib/config/settings/settings.ts";
import { valueOf } from "../support/result.ts";

const GATEWAY: string = fromFileUrl(new URL("../../deploy/kubernetes/gateway/", import.meta.url));

// deno-lint-ignore no-explicit-any -- a manifest can be anything
type Any = any;

const hasKubectl = await new Deno.Command("kubectl", {
  args: ["version", "--client"],
  stdout: "null",
  stderr: "null",
})
  .output().then(({ success }) => success, () => false);

async function read(file: string): Promise<string> {
  return await Deno.readTextFile(join(GATEWAY, file));
}

function documentsOf(text: string): Any[] {
  return parseAllDocuments(text).map((document) => document.toJS());
}

/** Every file of the folder, with its path below it. */
function* filesBelow(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(join(GATEWAY, folder))) {
    const path = folder === "" ? name : `${folder}/${name}`;
    if (isDirectory) yield* filesBelow(path);
    else yield path;
  }
}

async function build(overlay: string): Promise<Map<string, Any>> {
  const { success, stdout, stderr } = await new Deno.Command("kubectl", {
    args: ["kustomize", join(GATEWAY, "overlays", overlay)],
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  return new Map(
    documentsOf(new TextDecoder().decode(stdout)).map((each) => [`${each.kind}/${each.metadata.name}`, each]),
  );
}

/** The paths of the token files that a pod's volume provides, below the folder of the table. */
function providedFiles(pod: Any): string[] {
  const sources = pod.volumes.find((each: Any) => each.name === "conf").projected.sources;
  return sources.flatMap((each: Any) => each.secret?.items.map(({ path }: Any) => path) ?? []);
}

/** Asserts that a container's settings are settings, and valid, and that the table is one that the pod can serve. */
function assertServes(pod: Any, container: Any, table: string): void {
  const env = new Map<string, string>(container.env.map(({ name, value }: Any) => [name, value]));
  for (const name of env.keys()) assert(SETTING_VARIABLES.includes(name), name);
  const settings = valueOf(parseSettings((name) => env.get(name)));
  assert(settings.drainMs / 1000 < pod.terminationGracePeriodSeconds - 5);
  assertEquals(
    tokenFiles(valueOf(parseRoutes(table))).map(({ name }) => name).toSorted(),
    providedFiles(pod).toSorted(),
  );
}

Deno.test({
  name: "kustomize builds the gateway: several replicas that are served, scaled, watched and kept apart",
  ignore: !hasKubectl,
  async fn() {
    const built = await build("gateway");
    assertEquals([...built.keys()].toSorted(), [
      "ClusterRoleBinding/cred-proxy-public-keys",
      "ConfigMap/cred-proxy",
      "Deployment/cred-proxy",
      "HorizontalPodAutoscaler/cred-proxy",
      "Namespace/cred-proxy",
      "NetworkPolicy/cred-proxy",
      "PodDisruptionBudget/cred-proxy",
      "Service/cred-proxy",
      "Service/cred-proxy-operator",
      "ServiceAccount/cred-proxy",
      "ServiceMonitor/cred-proxy",
    ]);
    const deployment = built.get("Deployment/cred-proxy").spec.template;
    const [container] = deployment.spec.containers;
    assertServes(deployment.spec, container, built.get("ConfigMap/cred-proxy").data["routes.json"]);
    const { app } = deployment.metadata.labels;
    for (const name of ["Service/cred-proxy", "Service/cred-proxy-operator"]) {
      assertEquals(built.get(name).spec.selector, { app });
    }
    for (const name of ["PodDisruptionBudget/cred-proxy", "Deployment/cred-proxy"]) {
      assertEquals(built.get(name).spec.selector.matchLabels, { app });
    }
    const policy = built.get("NetworkPolicy/cred-proxy").spec;
    assertEquals(policy.podSelector.matchLabels, { app });
    const ports = container.ports.map(({ containerPort }: Any) => containerPort);
    assertEquals(policy.ingress.flatMap((rule: Any) => rule.ports.map(({ port }: Any) => port)), ports);
    const scaler = built.get("HorizontalPodAutoscaler/cred-proxy").spec;
    assertEquals([scaler.scaleTargetRef.name, scaler.minReplicas > 1], ["cred-proxy", true]);
    const monitor = built.get("ServiceMonitor/cred-proxy").spec;
    assertEquals(monitor.selector.matchLabels, built.get("Service/cred-proxy-operator").metadata.labels);
    for (const probe of ["startupProbe", "readinessProbe", "livenessProbe"]) {
      assert(container[probe].timeoutSeconds > 1);
    }
  },
});

Deno.test({
  name: "kustomize builds the sidecar, whose table lists no clients and needs the same secrets",
  ignore: !hasKubectl,
  async fn() {
    const built = await build("sidecar");
    const pod = built.get("Pod/agent-with-sidecar").spec;
    const [sidecar] = pod.initContainers;
    assertEquals(sidecar.restartPolicy, "Always");
    const table = built.get("ConfigMap/cred-proxy").data["routes.json"];
    assertServes(pod, sidecar, table);
    assertEquals(valueOf(parseRoutes(table)).clients, []);
    assertEquals(pod.containers.every((each: Any) => each.volumeMounts === undefined), true);
  },
});

Deno.test("the agent's pod gets a token that the gateway's table accepts, as a client of it", async () => {
  const table = valueOf(parseRoutes(await read("base/routes.json")));
  const [issuer] = table.issuers;
  const documents = documentsOf(await read("agent.yaml"));
  const pod = documents.find(({ kind }) => kind === "Pod");
  const [source] = pod.spec.volumes[0].projected.sources;
  assertEquals(source.serviceAccountToken.audience, issuer?.audience);
  const subject = `system:serviceaccount:${pod.metadata.namespace}:${pod.spec.serviceAccountName}`;
  assert(
    table.clients.some(({ proof }) => proof.kind === "subject" && proof.subject.text === subject),
    subject,
  );
});

Deno.test("nothing in the folder is a token, and no Secret is applied with the rest", async () => {
  for (const file of filesBelow("")) {
    const text = await read(file);
    assert(!/\b(?:sk-|ghp_|github_pat_|eyJ|credproxy_)[A-Za-z0-9]/.test(text), file);
    if (!file.endsWith(".yaml")) continue;
    for (const document of documentsOf(text)) {
      if (document.kind !== "Secret") continue;
      assert(file.endsWith(".example.yaml"), file);
      assertEquals(new Set(Object.values({ ...document.stringData, ...document.data })), new Set([""]));
    }
    if (file.endsWith("kustomization.yaml")) {
      const { resources } = parse(text);
      assert(resources.every((each: string) => !each.includes("example")), file);
    }
  }
  // The Secret of the examples has what the pods read.
  const keys = Object.keys(parse(await read("secret.example.yaml")).stringData);
  const external = parse(await read("external-secret.example.yaml")).spec.data.map(({ secretKey }: Any) =>
    secretKey
  );
  assertEquals([keys, external], [["anthropic", "github"], ["anthropic", "github"]]);
});
