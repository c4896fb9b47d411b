/**
 * `cred-proxy run`: what a hostile command in the sandbox finds and reaches. The same search outside of it finds the key.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { hasBubblewrap, type Home, KEY, makeHome } from "../support/run_session.ts";
import { starts } from "../support/starts.ts";

const ATTACKER = fromFileUrl(new URL("attacker.py", import.meta.url));
const TERMINAL = ["/usr/bin/python3", fromFileUrl(new URL("../support/terminal.py", import.meta.url))];

const ignore = !hasBubblewrap || !await starts("/usr/bin/python3", "-c", "import pty");

const PATTERN = "sk-canary-[0-9a-f]{8}-[0-9a-f-]{27}";

/** What the attacker reports. */
interface Report {
  readonly found: readonly string[];
  readonly reached: readonly string[];
  readonly tried: number;
}

/** Serves the key on a loopback port and an abstract socket, as another program of the user's may. */
async function withLeaks<Value>(use: (abstract: string, port: number) => Promise<Value>): Promise<Value> {
  const abstract = `cred-proxy-test-${crypto.randomUUID()}`;
  const leaks = new Deno.Command("python3", {
    args: [
      "-c",
      `
import os, socket, sys, threading
def serve(listener):
    while True:
        connection, _ = listener.accept()
        connection.sendall(sys.argv[2].encode())
        connection.close()
tcp = socket.create_server(("127.0.0.1", 0))
local = socket.socket(socket.AF_UNIX)
local.bind("\\0" + sys.argv[1])
local.listen()
threading.Thread(target=serve, args=(local,), daemon=True).start()
print(tcp.getsockname()[1], flush=True)
serve(tcp)`,
      abstract,
      KEY,
    ],
    stdout: "piped",
  }).spawn();
  const reader = leaks.stdout.getReader();
  try {
    const { value } = await reader.read();
    return await use(abstract, Number(new TextDecoder().decode(value)));
  } finally {
    leaks.kill("SIGKILL");
    await leaks.status;
    await reader.cancel();
  }
}

async function attackFrom(home: Home, args: readonly string[], options: readonly string[]): Promise<Report> {
  await Deno.copyFile(ATTACKER, join(home.project, "attacker.py"));
  const session = home.start([...options, "--", "python3", "attacker.py", PATTERN, ...args], {
    env: { AWS_SECRET_ACCESS_KEY: KEY, GH_TOKEN: KEY, SSH_AUTH_SOCK: "/run/user/0/agent", "no.name": KEY },
  });
  const { code, stdout, stderr } = await session.ended();
  assertEquals(code, 0, stdout + stderr);
  return JSON.parse(stdout);
}

Deno.test({
  name: "a hostile command in the sandbox finds no key and reaches nothing but its routes",
  ignore,
  async fn() {
    await using home = await makeHome();
    await withLeaks(async (abstract, port) => {
      const report = await attackFrom(home, [
        ...["/", "all", abstract, `${port}`],
        ...["http://127.0.0.1:9099", "/run/cred-proxy/proxy.sock"],
      ], []);
      assertEquals([report.found, report.reached], [[], ["the route, as it may"]]);
      assert(report.tried > 50, `${report.tried}`);
    });
    // The service has sent the key, and masked it in the response.
    assertEquals(home.upstream.requests.map((each) => each.field("authorization")), [`Bearer ${KEY}`]);
    // What was written to the home is gone, and nothing of the project was replaced.
    assertEquals([...Deno.readDirSync(home.folder)].map(({ name }) => name).includes(".bashrc"), false);
    assertEquals(await Deno.readTextFile(join(home.project, ".git/config")), "[core]\n");
  },
});

Deno.test({
  name: "the same search outside of the sandbox finds the key in every one of these places",
  ignore,
  async fn() {
    await using home = await makeHome();
    await withLeaks(async (abstract, port) => {
      const script = join(home.project, "attack");
      await Deno.writeTextFile(
        script,
        `#!/bin/sh
# The service is another child of this command's parent.
set -- "$@" $(cat /proc/$PPID/task/$PPID/children)
pattern=$1 root=$2 abstract=$3 port=$4
shift 4
exec python3 attacker.py "$pattern" "$root" "$(echo "$@" | tr ' ' ,)" "$abstract" "$port"
`,
        { mode: 0o755 },
      );
      await Deno.copyFile(ATTACKER, join(home.project, "attacker.py"));
      const session = home.start(
        ["--no-sandbox", "--", "./attack", PATTERN, home.folder, abstract, `${port}`],
        { env: { AWS_SECRET_ACCESS_KEY: KEY } },
      );
      const { stdout, stderr } = await session.ended();
      assertStringIncludes(stderr, "--no-sandbox: ./attack runs as you.");
      const { found, reached }: Report = JSON.parse(stdout);
      const kinds = new Set(found.map((each) => each.replace(/^(\S+) \d+/, "$1").replace(home.folder, "~")));
      for (
        const kind of [
          "environment",
          "file ~/.config/cred-proxy/.env",
          "file ~/.ssh/id_ed25519",
          "file ~/.aws/credentials",
          "file ~/.netrc",
          "process environ",
          "process memory",
          `socket ${"'\\x00"}${abstract}'`,
          `socket ('127.0.0.1', ${port})`,
        ]
      ) assert(kinds.has(kind), `${kind} in ${[...kinds]}`);
      assertEquals(reached, ["abstract socket", "listener on loopback"]);
    });
  },
});

Deno.test({
  name: "a command in the sandbox can't type into the terminal, which it can use otherwise",
  ignore,
  async fn() {
    await using home = await makeHome();
    const typing = `
import ctypes, fcntl, os, termios
libc = ctypes.CDLL(None, use_errno=True)
def ioctl(request):
    return libc.ioctl(0, ctypes.c_ulong(request), ctypes.create_string_buffer(b"x", 64))
print("terminal", os.isatty(0), "size", ioctl(termios.TIOCGWINSZ), "typed", ioctl(termios.TIOCSTI), ioctl(0x100000000 | termios.TIOCSTI), ioctl(0x541c))
`;
    const session = home.start(["--", "python3", "-c", typing], { within: TERMINAL });
    await session.printed(/terminal True size 0 typed -1 -1 -1/);
    await session.ended();
  },
});

Deno.test({
  name: "an open file of the shell that starts the sandbox is not open in it",
  ignore,
  async fn() {
    await using home = await makeHome();
    const session = home.start(["--", "sh", "-c", "ls /proc/self/fd"], {
      within: ["bash", "-c", `exec 7<"$HOME/.netrc" 23<"$HOME/.netrc"; exec "$@"`, "bash"],
    });
    // The last one is that of the folder which is listed.
    assertEquals((await session.ended()).stdout.trim().split("\n"), ["0", "1", "2", "3"]);
  },
});

Deno.test({
  name: "a command can't end what started the sandbox, and so what it leaves is always named",
  ignore,
  async fn() {
    await using home = await makeHome();
    const script =
      "touch .envrc; kill -9 0; python3 -c 'import os; os.killpg(0, 9)'; echo alive; kill -9 -1; kill -9 $$";
    const session = home.start(["--", "sh", "-c", script], {
      within: ["sh", "-c", '"$@"; echo "outside: $?"', "sh"],
    });
    const { stdout, stderr } = await session.ended();
    assertEquals(stdout, "alive\noutside: 137\n", stderr);
    assertStringIncludes(stderr, "read by other programs without asking: .envrc;");
  },
});

Deno.test({
  name: "what run prints at its end is shown, however the command has left the terminal",
  ignore,
  async fn() {
    await using home = await makeHome();
    const session = home.start(["--", "printf", "hidden: \\033[8m\\033[?25l\\033(0"], { within: TERMINAL });
    // deno-lint-ignore no-control-regex
    await session.printed(/hidden: .*\x1b\[0m\x1b\(B\x0f\x1b\[\?25hcred-proxy: nothing was asked/s);
    await session.ended();
  },
});
