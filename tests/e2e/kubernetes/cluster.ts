import { join } from "@std/path";
import { makeAuthority } from "../../support/authority.ts";
import { Log } from "../../support/log.ts";
import { makeRsaKey } from "../../support/rsa_key.ts";
import { endChild } from "../../support/run_main.ts";
import type { ClusterPrograms } from "./install.ts";

/** The cluster's name for itself, as in deploy/kubernetes/gateway. */
export const ISSUER = "https://kubernetes.default.svc.cluster.local";

/** A cluster without nodes: an API server and its store, so that pods are accepted and never run. */
export interface Cluster extends AsyncDisposable {
  /** `https://127.0.0.1:PORT`. */
  readonly url: string;
  /** The authority of its certificate, PEM. */
  readonly ca: string;
  /** Runs kubectl as an administrator. */
  kubectl(...args: readonly string[]): Promise<Ran>;
  /** Asks the API server as an administrator. @throws {Error} If it does not succeed. */
  post(path: string, body: object): Promise<Answer>;
  /** Starts the API server again with a new key to sign tokens with. @param keepOld Whether the old one still verifies them. */
  rotateKey(keepOld: boolean): Promise<void>;
}

/** The outcome of a command. */
export interface Ran {
  readonly success: boolean;
  /** Both outputs. */
  readonly text: string;
}

// deno-lint-ignore no-explicit-any -- the API's answers
type Answer = any;

const ADMIN = "made-up-admin-token";

/** Starts a cluster on the loopback interface, and waits until it is ready. */
export async function startCluster(programs: ClusterPrograms): Promise<Cluster> {
  await using starting = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir({ prefix: "cred-proxy-cluster-" });
  starting.defer(() => Deno.remove(folder, { recursive: true }));
  const authority = await makeAuthority();
  const { cert, key } = await authority.issue(["127.0.0.1"]);
  const files = {
    "ca.pem": authority.pem,
    "tls.crt": cert,
    "tls.key": key,
    "tokens.csv": `${ADMIN},admin,admin,system:masters\n`,
  };
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeTextFile(join(folder, name), text);
  }
  const [store, peers, port] = freePorts(3);
  const storeUrl = `http://127.0.0.1:${store}`;
  const peersUrl = `http://127.0.0.1:${peers}`;
  starting.use(
    start(programs.etcd, [
      ...["--data-dir", join(folder, "etcd"), "--unsafe-no-fsync", "--log-level", "error"],
      ...["--listen-client-urls", storeUrl, "--advertise-client-urls", storeUrl],
      ...["--listen-peer-urls", peersUrl, "--initial-advertise-peer-urls", peersUrl],
      ...["--initial-cluster", `default=${peersUrl}`],
    ]),
  );
  const url = `https://127.0.0.1:${port}`;
  const client = Deno.createHttpClient({ caCerts: [authority.pem] });
  starting.defer(() => client.close());
  let keys: string[] = [];
  let server: Running | undefined;
  starting.defer(() => server?.[Symbol.asyncDispose]());

  async function rotateKey(keepOld: boolean): Promise<void> {
    await server?.[Symbol.asyncDispose]();
    const name = join(folder, `sa-${crypto.randomUUID()}.pem`);
    await Deno.writeTextFile(name, (await makeRsaKey()).pkcs1);
    keys = [name, ...keepOld ? keys : []];
    server = start(programs.apiServer, [
      ...["--etcd-servers", storeUrl, "--bind-address", "127.0.0.1", "--secure-port", String(port)],
      ...["--tls-cert-file", join(folder, "tls.crt"), "--tls-private-key-file", join(folder, "tls.key")],
      ...[
        "--cert-dir",
        folder,
        "--token-auth-file",
        join(folder, "tokens.csv"),
        "--authorization-mode",
        "RBAC",
      ],
      ...["--service-account-issuer", ISSUER, "--service-account-signing-key-file", name],
      ...keys.flatMap((each) => ["--service-account-key-file", each]),
      ...["--service-cluster-ip-range", "10.0.0.0/24", "--endpoint-reconciler-type", "none"],
    ]);
    await ready(server);
  }

  async function ready(running: Running): Promise<void> {
    for (const end = Date.now() + 60_000; Date.now() < end;) {
      const response = await fetch(`${url}/readyz`, {
        client,
        headers: { authorization: `Bearer ${ADMIN}` },
      })
        .catch(() => undefined);
      await response?.body?.cancel();
      if (response?.ok) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`The API server is not ready: ${running.log().slice(-2000)}`);
  }

  async function kubectl(...args: readonly string[]): Promise<Ran> {
    const { success, stdout, stderr } = await new Deno.Command(programs.kubectl, {
      args: ["--server", url, "--certificate-authority", join(folder, "ca.pem"), "--token", ADMIN, ...args],
      env: { KUBECONFIG: "/dev/null", HOME: folder },
    }).output();
    return {
      success,
      text: [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes))
        .join(""),
    };
  }

  async function post(path: string, body: object): Promise<Answer> {
    const response = await fetch(url + path, {
      client,
      method: "POST",
      headers: {
        authorization: `Bearer ${ADMIN}`,
        "content-type": "application/json",
      },
      body: JSON.stringify(body),
    });
    const answer = await response.json();
    if (!response.ok) {
      throw new Error(`${path}: ${response.status} ${JSON.stringify(answer)}`);
    }
    return answer;
  }

  await rotateKey(false);
  const stack = starting.move();
  return {
    url,
    ca: authority.pem,
    kubectl,
    post,
    rotateKey,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** A program that was started. */
interface Running extends AsyncDisposable {
  /** What it has written so far. */
  log(): string;
}

function start(program: string, args: readonly string[]): Running {
  const child = new Deno.Command(program, {
    args: [...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const logs = [new Log(child.stdout), new Log(child.stderr)];
  return {
    log: () => logs.map(({ text }) => text).join(""),
    async [Symbol.asyncDispose]() {
      await endChild(child, "SIGKILL");
      await Promise.all(logs.map(({ done }) => done));
    },
  };
}

function freePorts(count: number): number[] {
  const listeners = Array.from({ length: count }, () => Deno.listen({ hostname: "127.0.0.1", port: 0 }));
  return listeners.map((listener) => {
    listener.close();
    return listener.addr.port;
  });
}
