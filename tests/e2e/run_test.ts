/**
 * `cred-proxy run`: exit status, signals, the terminal, what it refuses to start, and that nothing is left behind.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import {
  hasBubblewrap,
  type Home,
  KEY,
  makeHome,
  type Session,
  SYSTEM_PATH,
} from "../support/run_session.ts";
import { starts } from "../support/starts.ts";

const TERMINAL = ["/usr/bin/python3", fromFileUrl(new URL("../support/terminal.py", import.meta.url))];

const ignore = !hasBubblewrap;
const [hasTerminal, hasTmux] = await Promise.all([
  starts("/usr/bin/python3", "-c", "import pty"),
  starts("tmux", "-V"),
]);

/** Runs a shell script in the sandbox of a new home. */
async function runScript(home: Home, script: string, options: readonly string[] = []) {
  return await home.start([...options, "--", "sh", "-c", script]).ended();
}

Deno.test({
  name: "run passes the exit status on, and sums up what was asked, refused and masked",
  ignore,
  async fn() {
    await using home = await makeHome();
    const { code, stdout, stderr } = await runScript(
      home,
      `curl -sH "Authorization: Bearer $CRED_PROXY_SESSION_TOKEN" http://127.0.0.1:9099/a/x
       curl -so /dev/null http://127.0.0.1:9099/a/x
       curl -so /dev/null -H "Authorization: Bearer $CRED_PROXY_SESSION_TOKEN" http://127.0.0.1:9099/nowhere
       exit 7`,
    );
    assertEquals([code, stdout], [7, `got Bearer ${"*".repeat(KEY.length)}`], stderr);
    assertMatch(
      stderr,
      /^cred-proxy: sh runs in a sandbox: it may change \S+\/project, and reaches \/a\/ of \S+\/routes\.json$/m,
    );
    assertMatch(stderr, /^cred-proxy: \/a\/: 1 request, 0 B up, \d+ B down$/m);
    assertMatch(stderr, /^cred-proxy: refused: 2 requests \(1 × [a-z_]+, 1 × [a-z_]+\)$/m);
    assertMatch(stderr, /^cred-proxy: masked: 1 secret in responses$/m);
    assertEquals([...Deno.readDirSync(home.folder)].filter(({ name }) => /^cred-proxy-/.test(name)), []);
  },
});

Deno.test({
  name: "what the command writes to its project stays, and what it writes elsewhere does not",
  ignore,
  async fn() {
    await using home = await makeHome();
    const { code, stderr } = await runScript(
      home,
      `set -e; echo new >made; mkdir -p ~/.claude; echo x >~/.claude/x; echo x >/tmp/x; cp readme copy`,
    );
    assertEquals(code, 0, stderr);
    assertEquals(await Deno.readTextFile(join(home.project, "made")), "new\n");
    assertEquals([...Deno.readDirSync(home.folder)].some(({ name }) => name === ".claude"), false);
  },
});

Deno.test({
  name: "--home keeps a home, --read and --write show more paths, and --env passes a variable",
  ignore,
  async fn() {
    await using home = await makeHome();
    for (const name of ["kept", "docs", "out"]) await Deno.mkdir(join(home.folder, name));
    await Deno.writeTextFile(join(home.folder, "docs/a"), "read me\n");
    const options = [
      ...["--home", join(home.folder, "kept"), "--read", join(home.folder, "docs")],
      ...[`--write=${join(home.folder, "out")}`, "--env", "MINE"],
    ];
    const script =
      'set -e; echo "$MINE"; cat ../docs/a; echo x >../out/x; echo y >~/y; ! echo x 2>/dev/null >../docs/b';
    // The project and the paths lie in the home, so they show inside the kept one as well.
    const session = home.start([...options, "--", "sh", "-c", script], {
      env: { MINE: "mine", OTHER: "other" },
    });
    const { code, stdout, stderr } = await session.ended();
    assertEquals([code, stdout], [0, "mine\nread me\n"], stderr);
    assertEquals(await Deno.readTextFile(join(home.folder, "kept/y")), "y\n");
    assertEquals(await Deno.readTextFile(join(home.folder, "out/x")), "x\n");
  },
});

Deno.test({
  name:
    "run finds a program that npm has installed in the home, also if HOME is a link, and names one that it does not find",
  ignore,
  async fn() {
    await using home = await makeHome();
    const packages = join(home.folder, "some/prefix/node_modules");
    await Deno.mkdir(join(packages, "tool"), { recursive: true });
    await Deno.mkdir(join(packages, "helper"));
    await Deno.writeTextFile(join(packages, "helper/text"), "helped\n");
    await Deno.writeTextFile(
      join(packages, "tool/tool"),
      '#!/bin/sh\ncat "$(dirname "$(readlink -f "$0")")/../helper/text"\n',
      {
        mode: 0o755,
      },
    );
    await Deno.mkdir(join(home.folder, "some/bin"));
    await Deno.symlink("../prefix/node_modules/tool/tool", join(home.folder, "some/bin/tool"));
    const link = `${home.folder}-link`;
    await Deno.symlink(home.folder, link);
    try {
      const env = { HOME: link, PATH: `${link}/some/bin:${SYSTEM_PATH}` };
      const { code, stdout, stderr } = await home.start(["--", "tool"], { env }).ended();
      assertEquals([code, stdout], [0, "helped\n"], stderr);
    } finally {
      await Deno.remove(link);
    }
    // Not the command itself, but what it calls: by a link in a folder of PATH.
    const bin = join(packages, ".bin");
    await Deno.mkdir(bin);
    await Deno.symlink("../tool/tool", join(bin, "called"));
    const calling = { env: { PATH: `${bin}:${SYSTEM_PATH}` } };
    assertEquals((await home.start(["--", "sh", "-c", "called"], calling).ended()).stdout, "helped\n");
    const missing = await home.start(["--", "no-such-tool"]).ended();
    assertEquals(missing.code, 127);
    assertStringIncludes(missing.stderr, "no-such-tool is not to be found in the sandbox");
  },
});

Deno.test({
  name: "no program of the project runs outside of the sandbox, whatever PATH says",
  ignore,
  async fn() {
    await using home = await makeHome();
    const tools = join(home.project, "node_modules/.bin");
    await Deno.mkdir(tools, { recursive: true });
    for (
      const name of [
        "sh",
        "bash",
        "sed",
        "env",
        "bwrap",
        "git",
        "mktemp",
        "deno",
        "setsid",
        "readlink",
        "mine",
      ]
    ) {
      const script =
        `#!/usr/bin/bash\n[ -e /run/cred-proxy/relay.ts ] || touch '${home.folder}/outside'\necho ${name}\n`;
      await Deno.writeTextFile(join(tools, name), script, { mode: 0o755 });
    }
    // Nor by a link that lies elsewhere.
    const link = join(home.folder, "link");
    await Deno.symlink(home.project, link);
    const env = { PATH: `${link}/node_modules/.bin:${tools}:node_modules/.bin::${SYSTEM_PATH}` };
    const { stdout, stderr } = await home.start(["--", "/bin/sh", "-c", "mine"], { env }).ended();
    assertEquals([...Deno.readDirSync(home.folder)].some(({ name }) => name === "outside"), false);
    // Inside, the command finds them, as PATH says.
    assertEquals(stdout, "mine\n", stderr);
  },
});

Deno.test({
  name: "SIGTERM reaches the command in the sandbox, which may end in its own way",
  ignore,
  async fn() {
    await using home = await makeHome();
    const session = home.start([
      "--",
      "sh",
      "-c",
      `trap 'echo ending; exit 3' TERM; echo up; while :; do sleep 0.1; done`,
    ]);
    await session.printed(/up/);
    session.child.kill("SIGTERM");
    const { code, stdout } = await session.ended();
    assertEquals([code, stdout], [3, "up\nending\n"]);
  },
});

Deno.test({
  name: "nothing is left behind when run is killed",
  ignore,
  async fn() {
    await using home = await makeHome();
    const session = home.start(["--", "sh", "-c", "echo up; exec sleep 1000"]);
    await session.printed(/up/);
    session.child.kill("SIGKILL");
    // The output ends once no process holds it; the service holds the session's folder open.
    await session.ended();
    for (let tries = 0; await isRunning(home); tries++) {
      assert(tries < 50, "the service is still there");
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  },
});

/** Whether a service runs with the table of a home. */
async function isRunning(home: Home): Promise<boolean> {
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const line = await Deno.readTextFile(`/proc/${name}/cmdline`).catch(() => "");
    if (line.includes(home.folder) && line.includes("main.ts")) return true;
  }
  return false;
}

Deno.test({
  name: "in a terminal, Ctrl-C is for the command, and closing the terminal ends everything",
  ignore: ignore || !hasTerminal,
  async fn() {
    await using home = await makeHome();
    const script = `trap 'echo interrupted' INT; echo up; while :; do sleep 0.1; done`;
    const session = home.start(["--", "sh", "-c", script], { within: TERMINAL });
    await session.printed(/up/);
    await session.input.write(new Uint8Array([3]));
    await session.printed(/interrupted/);
    await session.input.close();
    await session.ended();
    for (let tries = 0; await isRunning(home); tries++) {
      assert(tries < 50, "the service is still there");
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  },
});

Deno.test({
  name:
    "a full-screen program works in the sandbox, also after its window has changed, and so does job control",
  ignore: ignore || !hasTmux,
  async fn() {
    await using home = await makeHome();
    await Deno.writeTextFile(
      join(home.project, "lines"),
      Array.from({ length: 99 }, (_, i) => `line ${i + 1}`).join("\n"),
    );
    const socket = join(home.folder, "tmux");
    const tmux = async (...args: string[]) => {
      const { stdout } = await new Deno.Command("tmux", { args: ["-S", socket, "-f", "/dev/null", ...args] })
        .output();
      return new TextDecoder().decode(stdout);
    };
    const shows = async (pattern: RegExp) => {
      for (let tries = 0; !pattern.test(await tmux("capture-pane", "-p")); tries++) {
        assert(tries < 100, `${pattern} in ${await tmux("capture-pane", "-p")}`);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    };
    const session: Session = home.start(["--", "bash", "--norc"], {
      within: [
        "sh",
        "-c",
        `tmux -S "$1" -f /dev/null new-session -d -x 80 -y 24 "HOME=$HOME DENO=$DENO DENO_DIR=$DENO_DIR $2 $3 $4 $5 $6; echo the end; exec sleep 1000"
         while tmux -S "$1" has-session 2>/dev/null; do sleep 0.1; done`,
        "sh",
        socket,
      ],
    });
    try {
      for (let tries = 0; tries < 50 && await tmux("list-sessions") === ""; tries++) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      await shows(/\$|#/);
      await tmux("send-keys", "less lines", "Enter");
      await shows(/line 23\n/);
      await tmux("resize-window", "-x", "60", "-y", "10");
      await tmux("send-keys", "g");
      await shows(/^line 1\n(?:.*\n){8}(?:lines|:)/);
      await tmux("send-keys", "q");
      await tmux("send-keys", "sleep 100", "Enter");
      await new Promise((resolve) => setTimeout(resolve, 300));
      await tmux("send-keys", "C-z");
      await shows(/Stopped/);
      await tmux("send-keys", "exit", "Enter", "exit", "Enter");
      await shows(/nothing was asked of the proxy\nthe end/);
    } finally {
      await tmux("kill-server");
      await session.ended();
    }
  },
});

Deno.test({
  name: "run starts nothing where the command could read or change what the keys depend on",
  ignore,
  async fn() {
    await using home = await makeHome();
    const table = join(home.project, "routes.json");
    await Deno.copyFile(join(home.folder, ".config/cred-proxy/routes.json"), table);
    const inside = { CRED_PROXY_ROUTES: table, A_TOKEN: KEY };
    const cases: [args: readonly string[], options: Parameters<Home["start"]>[1], message: RegExp][] = [
      [[], { cwd: home.folder }, /the current folder: is your home folder or above it/],
      [[], { cwd: "/" }, /the current folder: is your home folder or above it/],
      [
        ["--write", join(home.folder, ".config")],
        {},
        /--write \S+: holds \S+, which the command must not change/,
      ],
      [["--home", home.folder], {}, /--home \S+: is your home folder/],
      [[], { env: inside }, /the current folder: holds \S+project, which the command must not change/],
      [
        ["--write", join(home.folder, ".cache")],
        {},
        /--write \S+: holds \S+, which the command must not change/,
      ],
      [["--write", fromFileUrl(new URL("../..", import.meta.url))], {}, /--write \S+: holds \S+, which/],
      [["--env", "A_TOKEN"], {}, /--env: A_TOKEN holds a token/],
      [["--read", "/nowhere"], {}, /--read: \/nowhere: no such file or folder/],
    ];
    for (const [args, options, message] of cases) {
      const { code, stdout, stderr } = await home.start([...args, "--", "echo", "started"], options).ended();
      assertEquals([code, stdout], [78, ""], stderr);
      assertMatch(stderr, message);
    }
  },
});

Deno.test({
  name: "run works from a checkout with a space in its path, and does not let the command change it",
  ignore: !hasBubblewrap,
  async fn() {
    await using home = await makeHome();
    const checkout = join(home.folder, "my tools/100% cred-proxy");
    await Deno.mkdir(checkout, { recursive: true });
    const sources = ["bin", "lib", "main.ts", "deno.json", "deno.lock"]
      .map((name) => fromFileUrl(new URL(`../../${name}`, import.meta.url)));
    assert(await starts("cp", "-r", ...sources, checkout));
    const launcher = join(checkout, "bin/cred-proxy");

    const outside = await home.start(["--", "echo", "ran"], { launcher }).ended();
    assertEquals([outside.code, outside.stdout], [0, "ran\n"], outside.stderr);
    const inside = await home.start(["--", "echo", "ran"], { launcher, cwd: checkout }).ended();
    assertEquals([inside.code, inside.stdout], [78, ""]);
    assertStringIncludes(inside.stderr, "100% cred-proxy, which the command must not change");
  },
});

Deno.test("run says what is wrong with its command line, and starts nothing", async () => {
  await using home = await makeHome();
  const cases: [args: readonly string[], code: number, message: string][] = [
    [[], 64, "run: needs a command: run [--home DIR]"],
    [["--"], 64, "run: needs a command: "],
    [["claude"], 64, "run: needs -- before the command: "],
    [["--hom", "x", "--", "claude"], 64, "run: has no option --hom; did you mean --home?"],
    [["--env", "A=b", "--", "claude"], 64, "--env: needs the name of a variable, without its value"],
    [["--read"], 64, "--read: needs a value after it"],
  ];
  await Promise.all(cases.map(async ([args, expected, message]) => {
    const { code, stdout, stderr } = await home.start(args).ended();
    assertEquals([code, stdout], [expected, ""], stderr);
    assertStringIncludes(stderr, message);
  }));
});

Deno.test("without bubblewrap, run says what to install and starts nothing", async () => {
  await using home = await makeHome();
  const tools = join(home.folder, "tools");
  await Deno.mkdir(tools);
  for (const tool of ["sh", "env", "sed", "dirname", "readlink", "head", "basename", "uname"]) {
    await Deno.symlink(`/usr/bin/${tool}`, join(tools, tool));
  }
  const { code, stdout, stderr } = await home.start(["--", "echo", "started"], { env: { PATH: tools } })
    .ended();
  assertEquals([code, stdout], [78, ""]);
  assertMatch(stderr, /^cred-proxy: run needs bubblewrap: install it with .*apt install bubblewrap/m);
});

Deno.test({
  name: "a service that can't start is reported, and the command is not started",
  ignore,
  async fn() {
    await using home = await makeHome();
    await Deno.writeTextFile(join(home.folder, ".config/cred-proxy/routes.json"), "{");
    const { code, stdout, stderr } = await home.start(["--", "echo", "started"]).ended();
    assertEquals([code, stdout], [78, ""]);
    assertMatch(stderr, /routes\.json: is not JSON/);
  },
});

Deno.test({
  name: "a token that is unset is named before the command starts",
  ignore,
  async fn() {
    await using home = await makeHome();
    await Deno.remove(join(home.folder, ".config/cred-proxy/.env"));
    for (const options of [[], ["--no-sandbox"]]) {
      const { code, stderr } = await runScript(home, "echo started >&2", options);
      assertEquals(code, 0, stderr);
      // With the file that it belongs in, which need not exist.
      const place =
        `cred-proxy: unset tokens belong in ${home.folder}/.config/cred-proxy/.env, as NAME=VALUE`;
      const [before] = stderr.split("started\n");
      assertStringIncludes(before ?? "", `A_TOKEN is unset or empty: /a/ responds with 500\n${place}\n`);
      // And not once more at the end.
      assertEquals(stderr.split("A_TOKEN is unset").length, 2, stderr);
    }
  },
});
