/**
 * Tries the attacks on narrow routes against real servers: `deno task e2e narrow [SERVER ...]`.
 *
 * Each attack is first sent to the server itself, to show that it works there, and then through the service, on a route that
 * allows `public/**`. What passes must be taken by the server as what was allowed.
 *
 * @module
 */

import { join } from "@std/path";
import { startService } from "../../support/service.ts";
import { TOKEN } from "../../support/fixture.ts";
import { tableText } from "../markdown_table.ts";
import { type Attack, ATTACKS, attackText, ORDINARY } from "./attacks.ts";
import { installPackages, missingPart, type RealServer, SERVERS, versionOf } from "./servers.ts";

/** How long a server may take to start, and to answer, in milliseconds. */
const [START_LIMIT_MS, ANSWER_LIMIT_MS] = [15_000, 5000];

/** The counts of one server's trial. */
interface Counts {
  fooledDirectly: number;
  refused: number;
  readonly fooled: string[];
  readonly ordinaryLost: string[];
}

/** Tries the servers whose names begin with one of the words, or all. @returns Whether nothing slipped through. */
export async function tryNarrow(words: readonly string[]): Promise<boolean> {
  const packages = await installPackages();
  const chosen = SERVERS.filter(({ name }) =>
    words.length === 0 || words.some((word) => name.toLowerCase().startsWith(word.toLowerCase()))
  );
  const rows: string[][] = [];
  let good = true;
  for (const server of chosen) {
    const missing = await missingPart(server);
    if (missing !== undefined) {
      rows.push([server.name, `skipped: ${missing} is missing`, "", "", "", ""]);
      continue;
    }
    const counts = await tryServer(server, packages);
    for (const each of [...counts.fooled, ...counts.ordinaryLost]) console.error(`${server.name}: ${each}`);
    good &&= counts.fooled.length === 0 && counts.ordinaryLost.length === 0;
    const passed = ATTACKS.length - counts.refused;
    const numbers = [ATTACKS.length, counts.fooledDirectly, passed, counts.fooled.length].map(String);
    rows.push([server.name, await versionOf(server, packages), ...numbers]);
  }
  console.log(tableText(
    ["server", "version", "attacks", "worked without the proxy", "passed the proxy", "worked through it"],
    rows,
  ));
  return good;
}

async function tryServer(server: RealServer, packages: string): Promise<Counts> {
  const folder = await Deno.makeTempDir({ prefix: "cred-proxy-narrow-" });
  await Deno.chmod(folder, 0o755);
  await resetRoot(folder);
  const port = freePort();
  const [command = "", ...args] = await server.command({ port, folder, packages });
  const child = new Deno.Command(command, { args, stdin: "null", stdout: "null", stderr: "null" }).spawn();
  try {
    await untilListening(port);
    const route = { upstream: `http://127.0.0.1:${port}`, auth_scheme: "Bearer", token_env: "A_TOKEN" };
    await using service = await startService({
      routes: {
        routes: [
          { ...route, path: "/narrow/", methods: ["GET", "POST"], paths: ["public/**"] },
          { ...route, path: "/paths/", paths: ["public/**"] },
        ],
      },
      env: { A_TOKEN: TOKEN },
    });
    const trial: Trial = { server, folder, port };
    const counts: Counts = { fooledDirectly: 0, refused: 0, fooled: [], ordinaryLost: [] };
    for (const attack of ATTACKS) {
      if (await wrongIn(trial, attack, await send(port, "", attack, port)) !== undefined) {
        counts.fooledDirectly++;
      }
      await resetRoot(folder);
      const prefix = ["GET", "POST"].includes(attack.method) ? "/narrow" : "/paths";
      const response = await send(service.port, prefix, attack, port);
      if (/^cred-proxy-error: /im.test(response)) counts.refused++;
      const wrong = await wrongIn(trial, attack, response);
      if (wrong !== undefined) counts.fooled.push(`${attackText(attack)}: ${wrong}`);
      await resetRoot(folder);
    }
    for (const request of ORDINARY) {
      const response = await send(service.port, "/narrow", request, port);
      if (!/^HTTP\/1\.1 200 /.test(response)) counts.ordinaryLost.push(`${attackText(request)}: lost`);
    }
    return counts;
  } finally {
    child.kill("SIGTERM");
    await child.status;
    await Deno.remove(folder, { recursive: true });
  }
}

/** A server on trial. */
interface Trial {
  readonly server: RealServer;
  readonly folder: string;
  readonly port: number;
}

/** Returns what the server took for something else than was allowed, or undefined. */
async function wrongIn(
  { server, folder }: Trial,
  attack: Attack,
  response: string,
): Promise<string | undefined> {
  if (server.servesFiles) {
    if (response.includes("ADMIN")) return "the hidden page";
    return await Deno.stat(join(folder, "www/admin/stolen")).then(() => "a copy", () => undefined);
  }
  const [text] = /\{.*\}/s.exec(response) ?? [];
  if (text === undefined || !/^HTTP\/1\.[01] 200 /.test(response)) return undefined;
  const { method, path, prefix, host } = JSON.parse(text);
  if (method !== attack.method) return `the method ${method}`;
  const segments = String(path).normalize("NFKC").split(/[/\\]/).map((each) =>
    each.replace(/[\s\0]+|;.*/g, "")
  );
  if (segments.includes("..") || segments[1] !== "public") return `the path ${path}`;
  if (prefix !== undefined && prefix !== "") return `the prefix ${prefix}`;
  return host?.startsWith("admin.example") ? `the host ${host}` : undefined;
}

/** Sends a request and returns all that comes back, one character per byte; nothing if the server hangs up. */
async function send(port: number, prefix: string, attack: Attack, server: number): Promise<string> {
  const { method, target, field } = attack;
  const lines = [`${method} ${prefix}${target} HTTP/1.1`, `Host: 127.0.0.1:${port}`, "Connection: close"];
  if (field !== undefined) lines.push(`${field[0]}: ${field[1].replace("HOST", `127.0.0.1:${server}`)}`);
  if (method === "POST") lines.push("Content-Length: 0");
  const text = [...lines, "", ""].join("\r\n");
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  const timer = setTimeout(() => conn.close(), ANSWER_LIMIT_MS);
  try {
    await conn.write(Uint8Array.from(text, (character) => character.charCodeAt(0)));
    const bytes = new Uint8Array(await new Response(conn.readable).arrayBuffer());
    return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  } catch {
    return "";
  } finally {
    clearTimeout(timer);
  }
}

/** Makes the document root as it is at first: a page that the route allows, and one that it does not. */
async function resetRoot(folder: string): Promise<void> {
  const root = join(folder, "www");
  await Deno.remove(root, { recursive: true }).catch(() => {});
  for (const [name, text] of [["public", "PUBLIC"], ["admin", "ADMIN"]] as const) {
    await Deno.mkdir(join(root, name), { recursive: true });
    await Deno.writeTextFile(join(root, name, "page"), text);
    // Apache serves as another user.
    await Deno.chmod(join(root, name), 0o777);
    await Deno.chmod(join(root, name, "page"), 0o666);
  }
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function untilListening(port: number): Promise<void> {
  for (const end = performance.now() + START_LIMIT_MS; performance.now() < end;) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  throw new Error(`Nothing listens on port ${port} after ${START_LIMIT_MS} ms`);
}
