/**
 * Builds the npm package in a folder, and packs it: `deno task package [FOLDER]` (dist). It holds the launcher and the sources as
 * they are; its one dependency is the runtime.
 *
 * @module
 */

import config from "../deno.json" with { type: "json" };

const ROOT = new URL("../", import.meta.url);

/** The runtime's version, the one that the launcher asks npx for. */
const [, DENO = ""] = /^ *version=(\S+)$/m.exec(await Deno.readTextFile(new URL("bin/cred-proxy", ROOT))) ??
  [];

/** What goes in besides the modules of the program and of the demo. */
const FILES = [
  "bin/cred-proxy",
  "deno.json",
  "deno.lock",
  "demo/deno.json",
  "demo/deno.lock",
  "routes.schema.json",
  "LICENSE",
  "README.md",
  "CHANGELOG.md",
];

/** Programs that others start, so that no import names them. */
const PROGRAMS = [
  "main.ts",
  "lib/commands/permissions_program.ts",
  "lib/commands/serve_program.ts",
  "lib/sandbox/relay.ts",
  "demo/main.ts",
  "demo/client.ts",
  "demo/probe.ts",
];

/** Folders of which everything goes in. */
const FOLDERS = ["examples"];

const MANIFEST = {
  name: "cred-proxy",
  version: config.version,
  description: "Holds API credentials so that a sandboxed AI agent never sees them",
  license: config.license,
  bin: { "cred-proxy": "bin/cred-proxy" },
  os: ["linux", "darwin"],
  dependencies: { deno: DENO },
};

/** Returns the paths of all modules that a program consists of, from the root. */
async function modulesOf(program: string): Promise<readonly string[]> {
  const folder = program.startsWith("demo/") ? "demo/" : "";
  const { stdout, success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "info",
      "--json",
      "--config",
      new URL(`${folder}deno.json`, ROOT).pathname,
      new URL(program, ROOT).pathname,
    ],
  }).output();
  if (!success) throw new Error(`deno info ${program}: ${new TextDecoder().decode(stderr)}`);
  const { modules }: { modules: readonly { specifier: string }[] } = JSON.parse(
    new TextDecoder().decode(stdout),
  );
  return modules.map(({ specifier }) => specifier).filter((each) => each.startsWith(ROOT.href))
    .map((each) => decodeURIComponent(each.slice(ROOT.href.length)));
}

/** Returns the paths of all files in a folder, from the root. */
function filesIn(folder: string): readonly string[] {
  return [...Deno.readDirSync(new URL(`${folder}/`, ROOT))].flatMap(({ name, isDirectory }) =>
    isDirectory ? filesIn(`${folder}/${name}`) : [`${folder}/${name}`]
  );
}

async function build(folder: string): Promise<void> {
  const modules = (await Promise.all(PROGRAMS.map(modulesOf))).flat();
  const files = new Set([...FILES, ...modules, ...FOLDERS.flatMap(filesIn)]);
  const target = `${folder}/npm`;
  await Deno.remove(target, { recursive: true }).catch(() => {});
  for (const file of files) {
    await Deno.mkdir(`${target}/${file.slice(0, file.lastIndexOf("/") + 1)}`, { recursive: true });
    // Not by `copyFile`: the modes are those of the package, whatever the checkout's.
    const mode = file.startsWith("bin/") ? 0o755 : 0o644;
    await Deno.writeFile(`${target}/${file}`, await Deno.readFile(new URL(file, ROOT)));
    await Deno.chmod(`${target}/${file}`, mode);
  }
  await Deno.writeTextFile(`${target}/package.json`, `${JSON.stringify(MANIFEST, null, 2)}\n`);
  const { code } = await new Deno.Command("npm", {
    args: ["pack", "--silent", "--offline", "--ignore-scripts", "--pack-destination", "..", "."],
    cwd: target,
  }).spawn().status;
  if (code !== 0) Deno.exit(code);
}

if (import.meta.main) await build(Deno.args[0] ?? "dist");
