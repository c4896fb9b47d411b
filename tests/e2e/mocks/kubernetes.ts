import type { Script } from "../../support/upstream.ts";
import { jsonApi } from "./json_api.ts";
import { RESPONSE_PIECES } from "./sse.ts";

const POD = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web", namespace: "default", creationTimestamp: "2024-01-01T00:00:00Z" },
  spec: { containers: [{ name: "main", image: "web" }] },
  status: { phase: "Running", containerStatuses: [{ name: "main", ready: true, restartCount: 0 }] },
};

const API = jsonApi({
  "GET /version": { major: "1", minor: "32", gitVersion: "v1.32.0" },
  "GET /api": { kind: "APIVersions", versions: ["v1"] },
  "GET /apis": { kind: "APIGroupList", apiVersion: "v1", groups: [] },
  "GET /api/v1": {
    kind: "APIResourceList",
    groupVersion: "v1",
    resources: [{ name: "pods", singularName: "pod", namespaced: true, kind: "Pod", verbs: ["get", "list"] }],
  },
  "GET /api/v1/namespaces/default/pods": { apiVersion: "v1", kind: "PodList", metadata: {}, items: [POD] },
  "GET /api/v1/namespaces/default/pods/web": POD,
});

/** The part of Kubernetes' API that `kubectl get` and `kubectl logs` use, for one pod. */
export const kubernetes: Script = async (exchange) => {
  if (!exchange.target.startsWith("/api/v1/namespaces/default/pods/web/log")) return await API(exchange);
  await exchange.drain();
  await exchange.respond(200, { "Content-Type": "text/plain", "Transfer-Encoding": "chunked" });
  for (const piece of RESPONSE_PIECES) await exchange.writeChunk(`${piece.trim()}\n`);
  await exchange.writeChunk();
};
