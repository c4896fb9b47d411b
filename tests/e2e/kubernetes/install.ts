import { join } from "@std/path";

/** The versions of what is built: Kubernetes brings etcd's. */
const KUBERNETES = "1.36.3";
const DEFINITIONS = {
  "github.com/external-secrets/external-secrets": {
    version: "v0.16.2",
    file: "config/crds/bases/external-secrets.io_externalsecrets.yaml",
  },
  "github.com/prometheus-operator/prometheus-operator": {
    version: "v0.85.0",
    file: "example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml",
  },
} as const;

/** What is built, and the name that Go gives it. */
const PROGRAMS = {
  "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
  kubectl: "k8s.io/kubernetes/cmd/kubectl",
  server: "go.etcd.io/etcd/server/v3",
} as const;

/** Where the programs of a cluster are, and the definitions of the resources that Kubernetes does not have itself. */
export interface ClusterPrograms {
  readonly apiServer: string;
  readonly kubectl: string;
  readonly etcd: string;
  readonly definitions: readonly string[];
}

/**
 * Builds the programs of a cluster from source, unless they are built already. It takes a quarter of an hour of processor time,
 * 2 GB for Go's caches, and can be interrupted: what was compiled is kept.
 *
 * @throws {Error} with the output of Go, if it is missing or fails
 */
export async function install(): Promise<ClusterPrograms> {
  const cache = Deno.env.get("XDG_CACHE_HOME") ??
    join(Deno.env.get("HOME") ?? ".", ".cache");
  const folder = join(cache, "cred-proxy-e2e/kubernetes");
  await Deno.mkdir(join(folder, "bin"), { recursive: true });
  const done = join(folder, "built.json");
  const wanted = JSON.stringify({ KUBERNETES, DEFINITIONS, PROGRAMS });
  if (await Deno.readTextFile(done).catch(() => "") !== wanted) {
    console.error(`Building Kubernetes ${KUBERNETES} in ${folder}; this takes some ten minutes`);
    await build(folder);
    await Deno.writeTextFile(done, wanted);
  }
  return {
    apiServer: join(folder, "bin/kube-apiserver"),
    kubectl: join(folder, "bin/kubectl"),
    etcd: join(folder, "bin/server"),
    definitions: Object.keys(DEFINITIONS).map((module) => join(folder, `${module.split("/").at(-1)}.yaml`)),
  };
}

async function build(folder: string): Promise<void> {
  await Deno.writeTextFile(join(folder, "go.mod"), "module kubernetes\n\ngo 1.26.0\n");
  const { GoMod } = JSON.parse(
    await go(folder, "mod", "download", "-json", `k8s.io/kubernetes@v${KUBERNETES}`),
  );
  // Kubernetes' own module names these as folders of its repository; each is also published, as v0.
  const staging = (await Deno.readTextFile(GoMod)).matchAll(/^\s*(k8s\.io\/\S+) => \.\/staging/gm);
  const version = `v0.${KUBERNETES.slice(2)}`;
  await Deno.writeTextFile(
    join(folder, "go.mod"),
    [
      "module kubernetes\n\ngo 1.26.0\n",
      `require k8s.io/kubernetes v${KUBERNETES}\n`,
      ...[...staging].map(([, name]) => `replace ${name} => ${name} ${version}`),
      "",
    ].join("\n"),
  );
  const imports = Object.values(PROGRAMS).map((path) => `import _ "${path}"`);
  await Deno.writeTextFile(
    join(folder, "programs.go"),
    `//go:build programs\n\npackage kubernetes\n\n${imports.join("\n")}\n`,
  );
  await go(folder, "mod", "tidy", "-e");
  const [major, minor] = KUBERNETES.split(".");
  const variables = {
    gitVersion: `v${KUBERNETES}`,
    gitMajor: major,
    gitMinor: minor,
  };
  const stamps = Object.entries(variables).map(([name, value]) =>
    `-X k8s.io/component-base/version.${name}=${value}`
  );
  const flags = ["-p", "2", "-trimpath", "-ldflags", ["-s -w", ...stamps].join(" ")];
  await go(folder, "build", ...flags, "-o", "bin/", ...Object.values(PROGRAMS));
  for (const [module, { version, file }] of Object.entries(DEFINITIONS)) {
    const { Dir } = JSON.parse(await go(folder, "mod", "download", "-json", `${module}@${version}`));
    await Deno.copyFile(join(Dir, file), join(folder, `${module.split("/").at(-1)}.yaml`));
  }
}

async function go(folder: string, ...args: readonly string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("go", {
    args: [...args],
    cwd: folder,
    env: { GOFLAGS: "-mod=mod" },
    stdout: "piped",
    stderr: "piped",
  }).output();
  const text = new TextDecoder().decode(stderr);
  if (!success) {
    throw new Error(`go ${args.slice(0, 2).join(" ")} failed: ${text}`);
  }
  return new TextDecoder().decode(stdout);
}
