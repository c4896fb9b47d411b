import { dirname, join } from "@std/path";

/** Files by their paths. */
export type Files = Readonly<Record<string, string>>;

/** Packs a `.tar.gz`. */
export function tarball(files: Files): Promise<Uint8Array<ArrayBuffer>> {
  return pack(files, ["tar", "-czf", "../archive", ...tops(files)]);
}

/** Packs the files that it is given, without entries for their folders, which some package managers refuse. */
const ZIP = `import sys, zipfile
with zipfile.ZipFile("../archive", "w") as archive:
    for name in sys.argv[1:]: archive.write(name)`;

/** Packs a `.zip`; undefined without Python, in which case no client needs it either. */
export async function zip(files: Files): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    return await pack(files, ["python3", "-c", ZIP, ...Object.keys(files)]);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Returns the distinct first segments of the paths. */
function tops(files: Files): string[] {
  return [...new Set(Object.keys(files).map((path) => path.split("/")[0] ?? path))];
}

async function pack(files: Files, [program = "", ...args]: string[]): Promise<Uint8Array<ArrayBuffer>> {
  const folder = await Deno.makeTempDir({ prefix: "cred-proxy-e2e-archive-" });
  try {
    for (const [path, text] of Object.entries(files)) {
      await Deno.mkdir(dirname(join(folder, "files", path)), { recursive: true });
      await Deno.writeTextFile(join(folder, "files", path), text);
    }
    const { code, stderr } = await new Deno.Command(program, { args, cwd: join(folder, "files") }).output();
    if (code !== 0) throw new Error(`${program} ended with ${code}: ${new TextDecoder().decode(stderr)}`);
    return await Deno.readFile(join(folder, "archive"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Returns the digest of a file. */
export async function digest(algorithm: "SHA-256" | "SHA-512", bytes: Uint8Array<ArrayBuffer>) {
  return new Uint8Array(await crypto.subtle.digest(algorithm, bytes));
}
