/**
 * Prints what `podman kube play` can run of deploy/kubernetes.yaml: the pod with the sidecar.
 *
 *     kube.ts CONF KEY IMAGE AGENT_IMAGE NAME
 *
 * podman knows neither native sidecars nor projected volumes nor this file's Secret. So the sidecar becomes a container
 * next to the agent, the volume the folder CONF, laid out as a kubelet does it, and the token the value KEY. Nothing
 * else changes but names and images; and the agent sleeps.
 *
 * @module
 */

import { parseAllDocuments, stringify } from "yaml";

interface Variable {
  readonly name: string;
  readonly value?: string;
}

const [conf, key = "", image, agentImage, name] = Deno.args;
const text = Deno.readTextFileSync(new URL("../../../deploy/kubernetes.yaml", import.meta.url));
const pod = parseAllDocuments(text).map((document) => document.toJS())
  .find(({ metadata }) => metadata.name === "agent-with-sidecar");
const { restartPolicy: _, env, ...sidecar } = pod.spec.initContainers[0];
const [agent] = pod.spec.containers;
delete pod.spec.initContainers;
pod.metadata.name = name;
pod.spec.containers = [
  {
    ...sidecar,
    image,
    env: [
      ...env.map((variable: Variable) => ({ name: variable.name, value: variable.value ?? key })),
      { name: "CRED_PROXY_CA_FILE", value: "/run/cred-proxy/authority.pem" },
    ],
  },
  {
    ...agent,
    image: agentImage,
    command: ["sleep", "infinity"],
    // An image that was imported, and not built, may have none.
    env: [...agent.env, { name: "PATH", value: "/usr/local/bin:/usr/bin:/bin" }],
  },
];
pod.spec.volumes = [{ name: "conf", hostPath: { path: conf } }];
console.log(stringify(pod));
