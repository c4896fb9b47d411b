/**
 * The end of a service that was started from a terminal, by npm, or by neither: nothing is left behind, and a request in flight
 * may complete.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { dirname, fromFileUrl, join } from "@std/path";
import { killAllWith } from "../support/kill_all_with.ts";
import { Log } from "../support/log.ts";
import { CHILD_PATIENCE, endChild } from "../support/run_main.ts";
import { startUpstream } from "../support/upstream.ts";
import { connectRaw } from "../support/wire.ts";
import { starts } from "../support/starts.ts";
import { within } from "../support/within.ts";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));
const LAUNCHER = join(ROOT, "bin/cred-proxy");

/** Python's standard library opens a pseudo-terminal and makes it the controlling one, which Deno can't. */
const TERMINAL = ["python3", join(ROOT, "tests/support/terminal.py")];
const CTRL_C = new Uint8Array([3]);

const [hasTerminal, hasNpm, hasNamespaces] = await Promise.all([
  starts("python3", "-c", "import pty"),
  starts("npm", "--version"),
  starts("unshare", "--user", "--map-root-user", "--pid", "--fork", "true"),
]);

/** A service in the middle of a stream. */
interface Running extends AsyncDisposable {
  readonly child: Deno.ChildProcess;
  /** Resolves with the first match in what it wrote. */
  logged(pattern: RegExp): Promise<RegExpExecArray>;
  readonly input: WritableStreamDefaultWriter<Uint8Array>;
  /** Sends a request and returns the response's status, or undefined when nobody listens. */
  probe(): Promise<number | undefined>;
  /** Waits until no request is accepted any more, lets the stream complete, and waits until nobody listens. */
  drained(): Promise<void>;
}

/** Starts a command that becomes the service, and a stream through it. */
async function start(
  command: readonly string[],
  extra: Readonly<Record<string, string>> = {},
): Promise<Running> {
  const goOn = Promise.withResolvers<void>();
  const upstream = startUpstream(async (exchange) => {
    await exchange.respond(200, { "Transfer-Encoding": "chunked" });
    await exchange.writeChunk("begin\n");
    await Promise.race([goOn.promise, exchange.closed]);
    await exchange.writeChunk("end");
    await exchange.writeChunk();
  });
  const folder = await Deno.makeTempDir({ prefix: "cred-proxy-" });
  const table = {
    routes: [{ path: "/a/", upstream: upstream.url, auth_scheme: "Bearer", token_env: "A_TOKEN" }],
  };
  await Deno.writeTextFile(join(folder, "routes.json"), JSON.stringify(table));
  const [program = "", ...args] = command;
  const child = new Deno.Command(program, {
    args,
    cwd: ROOT,
    clearEnv: true,
    env: {
      PATH: `${dirname(Deno.execPath())}:${Deno.env.get("PATH")}`,
      HOME: folder,
      DENO_DIR: join(folder, "cache"),
      DENO: Deno.execPath(),
      NO_COLOR: "1",
      CRED_PROXY_ROUTES: join(folder, "routes.json"),
      CRED_PROXY_BIND: "127.0.0.1",
      CRED_PROXY_PORT: "0",
      CRED_PROXY_DRAIN_S: "10",
      A_TOKEN: "a-secret-token",
      ...extra,
    },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const [output, errors] = [new Log(child.stdout), new Log(child.stderr)];
  const logged = (pattern: RegExp) =>
    Promise.any([output, errors].map((each) => each.match(pattern, CHILD_PATIENCE)));
  async function end(): Promise<void> {
    await killAllWith(`HOME=${folder}`);
    await endChild(child, "SIGKILL").catch(() => {});
    await Promise.all([output.done, errors.done]);
    await upstream[Symbol.asyncDispose]();
    await Deno.remove(folder, { recursive: true });
  }
  try {
    return await inStream();
  } catch (error) {
    await end();
    throw error;
  }

  async function inStream(): Promise<Running> {
    const port = Number((await logged(/cred-proxy listening on 127\.0\.0\.1:(\d+);/))[1]);
    const wire = await connectRaw(port);
    await wire.send("GET /a/x HTTP/1.1\r\nHost: proxy\r\n\r\n");
    await wire.readUntil("begin\n");
    const input = child.stdin.getWriter();

    async function probe(): Promise<number | undefined> {
      try {
        await using other = await connectRaw(port);
        await other.send("GET /nowhere HTTP/1.1\r\nHost: proxy\r\n\r\n");
        return (await other.readHead()).status;
      } catch {
        return undefined;
      }
    }
    async function until(status: number | undefined): Promise<void> {
      while (await probe() !== status) await delay(50);
    }

    return {
      child,
      logged,
      input,
      probe,
      async drained() {
        await within(until(503), "The end of accepting");
        goOn.resolve();
        assertEquals((await wire.readUntil("0\r\n\r\n")).match(/[a-z]+/)?.[0], "end");
        await within(until(undefined), "The end of listening");
      },
      async [Symbol.asyncDispose]() {
        await wire.close();
        await input.close().catch(() => {});
        await end();
      },
    };
  }
}

/** What a user may start the service with. */
const COMMANDS: readonly { name: string; command: readonly string[]; npm: boolean }[] = [
  { name: "the launcher", command: [LAUNCHER], npm: false },
  { name: "task start", command: [Deno.execPath(), "task", "start"], npm: false },
  { name: "npx and the launcher", command: ["npm", "exec", "--offline", "-c", LAUNCHER], npm: true },
  { name: "npx and task start", command: ["npm", "exec", "--offline", "-c", "deno task start"], npm: true },
];

for (const { name, command, npm } of COMMANDS) {
  Deno.test({
    name: `${name}: closing the terminal lets a request in flight complete and ends the service`,
    ignore: !hasTerminal || (npm && !hasNpm),
    async fn() {
      await using service = await start([...TERMINAL, ...command]);
      await service.input.close();
      await service.drained();
    },
  });

  Deno.test({
    name: `${name}: Ctrl-C lets a request in flight complete and ends the service`,
    ignore: !hasTerminal || (npm && !hasNpm),
    async fn() {
      await using service = await start([...TERMINAL, ...command]);
      await service.input.write(CTRL_C);
      await service.drained();
    },
  });

  Deno.test({
    name: `${name}: SIGTERM lets a request in flight complete and ends the service`,
    ignore: npm && !hasNpm,
    async fn() {
      await using service = await start(command);
      service.child.kill("SIGTERM");
      await service.drained();
    },
  });
}

Deno.test({
  name: "SIGHUP reloads a service that was started without a terminal",
  async fn() {
    await using service = await start(["setsid", "--wait", LAUNCHER], { CRED_PROXY_SIGHUP: "" });
    await hangUpReloads(service);
  },
});

Deno.test({
  name: "SIGHUP reloads the first process of a container, also with a terminal",
  ignore: !hasTerminal || !hasNamespaces,
  async fn() {
    const container = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child", LAUNCHER];
    await using service = await start([...TERMINAL, ...container]);
    await hangUpReloads(service);
  },
});

Deno.test({
  name: "a service under nohup stays when the terminal closes",
  ignore: !hasTerminal,
  async fn() {
    await using service = await start([...TERMINAL, "sh", "-c", `nohup ${LAUNCHER} 2>&1 | cat`]);
    const pid = await serviceBelow(service.child.pid);
    try {
      await service.input.close();
      await delay(600);
      assertEquals(await service.probe(), 404);
    } finally {
      Deno.kill(pid, "SIGKILL");
    }
  },
});

Deno.test("the choice of CRED_PROXY_SIGHUP comes before what the launcher finds out", async () => {
  await using service = await start([LAUNCHER], { CRED_PROXY_SIGHUP: "stop" });
  service.child.kill("SIGHUP");
  await service.drained();
  assertEquals((await within(service.child.status, "The end")).code, 0);
});

/** Sends SIGHUP to the service and waits for a reload, after which it serves. */
async function hangUpReloads(service: Running): Promise<void> {
  const pid = await serviceBelow(service.child.pid);
  Deno.kill(pid, "SIGHUP");
  await service.logged(/route table reloaded/);
  assertEquals(await service.probe(), 404);
  Deno.kill(pid, "SIGTERM");
  await service.drained();
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Finds the process of the service among a process and those below it. */
async function serviceBelow(pid: number): Promise<number> {
  const name = await Deno.readTextFile(`/proc/${pid}/comm`);
  if (name.trim() === "deno") return pid;
  const children = await Deno.readTextFile(`/proc/${pid}/task/${pid}/children`);
  for (const child of children.split(" ").filter(Boolean)) {
    const found = await serviceBelow(Number(child)).catch(() => undefined);
    if (found !== undefined) return found;
  }
  throw new Error(`No service below ${pid}`);
}
