/**
 * `cred-proxy run` in a project in which the last command has left traps: links that lead out of it, and what git would run
 * outside of the sandbox.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { hasBubblewrap, type Home, KEY, makeHome, SYSTEM_PATH } from "../support/run_session.ts";
import { starts } from "../support/starts.ts";

const ignore = !hasBubblewrap || !await starts("git", "--version");

const IDENTITY = ["AUTHOR", "COMMITTER"].flatMap((who) => [
  [`GIT_${who}_NAME`, "Me"],
  [`GIT_${who}_EMAIL`, "me@example.com"],
]);

/** Runs a script outside of the sandbox. */
async function outside(home: Home, script: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("sh", {
    args: ["-euc", script],
    cwd: home.project,
    clearEnv: true,
    env: {
      PATH: SYSTEM_PATH,
      HOME: home.folder,
      LAUNCHER: fromFileUrl(new URL("../../bin/cred-proxy", import.meta.url)),
      DENO: Deno.execPath(),
      DENO_DIR: join(home.folder, ".cache"),
      ...Object.fromEntries(IDENTITY),
    },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  assert(success, text(stderr));
  return text(stdout);
}

async function exists(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}

/** Runs a script in the sandbox, which prints no key. */
async function inside(
  home: Home,
  script: string,
  options: readonly string[] = [],
  path = SYSTEM_PATH,
) {
  const outcome = await home.start([...options, "--", "sh", "-c", script], {
    env: { PATH: path },
  }).ended();
  assert(
    !`${outcome.stdout}${outcome.stderr}`.includes(KEY),
    outcome.stdout + outcome.stderr,
  );
  return outcome;
}

Deno.test({
  name:
    "a link that a command left in its project shows the next one nothing else, and lets it change nothing else",
  ignore,
  async fn() {
    await using home = await makeHome();
    await outside(
      home,
      `rm -r .git && ln -s ../.config/cred-proxy .git
       ln -s ../.ssh node_modules && ln -s ../../.netrc tool
       mkdir -p ../kept/.config/cred-proxy ../tools`,
    );
    // The folder of the project's tools may be named by a link that lies elsewhere.
    await Deno.symlink(home.project, join(home.folder, "tools/project"));
    const path = [
      SYSTEM_PATH,
      join(home.project, "node_modules/.bin"),
      join(home.folder, "tools/project/node_modules/.bin"),
      home.project,
    ].join(":");
    const script =
      "cat .git/* ~/.config/cred-proxy/.env ~/.ssh/* node_modules/* ~/.netrc; echo x >.git/made; echo ran";
    const { code, stdout, stderr } = await inside(home, script, [
      "--home",
      join(home.folder, "kept"),
    ], path);
    assertEquals([code, stdout], [0, "ran\n"], stderr);
    assertEquals(
      await exists(join(home.folder, ".config/cred-proxy/made")),
      false,
    );
    assertMatch(stderr, /: \.git of the repository is a link/);

    // Nor is the folder shown in which a link has it that stands for the command.
    await home.start(["--", "tool"], { env: { PATH: path } }).ended();
    for (
      const [option, name] of [["--read", "node_modules"], [
        "--write",
        ".git",
      ]] as const
    ) {
      const refused = await inside(home, "echo started", [option, name]);
      assertEquals([refused.code, refused.stdout], [78, ""]);
      assertStringIncludes(
        refused.stderr,
        `${option}: ${name}: leads out of the project by a link in it`,
      );
    }
  },
});

Deno.test({
  name: "a link in a kept home, where the sandbox would put a folder, is refused",
  ignore,
  async fn() {
    await using home = await makeHome();
    const kept = join(home.folder, "kept");
    await Deno.mkdir(kept);
    await Deno.symlink("..", join(kept, "project"));
    const { code, stdout, stderr } = await inside(home, "echo started", [
      "--home",
      kept,
    ]);
    assertEquals([code, stdout], [78, ""]);
    assertStringIncludes(
      stderr,
      `has a link where the sandbox shows a folder; remove ${kept}/project`,
    );
  },
});

Deno.test({
  name: "tokens stay hidden in a folder that the command may read, and so do npm's settings for all users",
  ignore,
  async fn() {
    await using home = await makeHome();
    const prefix = join(home.folder, ".nvm/versions/node/v1");
    await Deno.mkdir(join(prefix, "bin"), { recursive: true });
    await Deno.mkdir(join(prefix, "etc"));
    await Deno.writeTextFile(
      join(prefix, "etc/npmrc"),
      `//npm.example.com/:_authToken=${KEY}\n`,
    );
    const script = `cat ~/.config/cred-proxy/.env ${prefix}/etc/npmrc; ls ~/.config`;
    const options = ["--read", join(home.folder, ".config")];
    const path = `${SYSTEM_PATH}:${prefix}/bin`;
    const { code, stdout, stderr } = await inside(home, script, options, path);
    assertEquals([code, stdout], [0, "cred-proxy\ngh\n"], stderr);
    assertMatch(stderr, /npmrc: Permission denied/);
  },
});

Deno.test({
  name: "a command can't have git run anything outside, and what else would is named at its end",
  ignore,
  async fn() {
    await using home = await makeHome();
    await outside(
      home,
      `rm -r .git && git init -q && rm -r .git/hooks && git add readme && git commit -qm one
       mkdir -p .git/modules/vendor/library .git/worktrees/other
       touch .git/modules/vendor/library/HEAD .git/modules/vendor/library/config .git/worktrees/other/commondir`,
    );
    const script = `
try() { if "$@" 2>/dev/null; then echo "could: $*"; fi; }
make() { echo x 2>/dev/null >"$1"; }
try make .git/config; try make .git/hooks/post-commit; try mv .git/hooks .git/hooks2
module=.git/modules/vendor/library
try make $module/config; try mv $module .git/modules/vendor/other; try mv .git/modules/vendor .git/modules/other
try mv .git/modules .git/modules2; try make .git/worktrees/other/commondir; try mv .git/worktrees/other .git/worktrees/two
cp -r .git evil && git config -f evil/config core.fsmonitor 'touch ../ran; false'
echo ../evil >.git/commondir; echo ../../../../evil >$module/commondir
mkdir sub && cp -r evil sub/.git && touch .envrc "$(printf 'a\\033[2Jb')"
mkdir .husky .githooks .claude .git/rebase-merge && touch .husky/pre-commit .githooks/pre-push lefthook.yml .claude/settings.json .git/rebase-merge/git-rebase-todo
touch tool && chmod u+s tool
echo done`;
    const { code, stdout, stderr } = await inside(home, script);
    assertEquals([code, stdout], [0, "done\n"], stderr);
    assertMatch(stderr, /removed \S+\/\.git\/commondir: git would have taken/);
    assertMatch(
      stderr,
      /removed \S+\/library\/commondir: git would have taken/,
    );
    const named = /: new or changed, and read by other programs without asking: (.*?);/
      .exec(stderr)?.[1];
    assertEquals(named?.split(", ").toSorted(), [
      ".claude/settings.json",
      ".envrc",
      ".git/rebase-merge/git-rebase-todo",
      ".githooks/pre-push",
      ".husky/pre-commit",
      "lefthook.yml",
      "sub/.git",
      "tool",
    ], stderr);
    await outside(home, "rm -r .git/rebase-merge");
    assertEquals(
      await outside(
        home,
        "git status --short --untracked-files=no; [ ! -e ../ran ] && echo calm",
      ),
      "calm\n",
    );
  },
});

Deno.test({
  name: "git works in a worktree, whose repository the command may change like its own",
  ignore,
  async fn() {
    await using home = await makeHome();
    await outside(
      home,
      `rm -r .git && git init -q ../main && cd ../main && git commit -q --allow-empty -m one
       git worktree add -q ../main-tree && cp ../project/readme ../main-tree`,
    );
    const tree = join(home.folder, "main-tree");
    const script = `git add readme && git commit -qm two && git log --format=%s
      for file in .git ../main/.git/config ../main/.git/hooks/post-commit ../main/.git/worktrees/main-tree/commondir; do
        if echo x 2>/dev/null >"$file"; then echo "could change $file"; fi
      done`;
    // The name for commits comes from git's settings.
    await Deno.writeTextFile(
      join(home.folder, ".gitconfig"),
      "[user]\nname = Me\nemail = me@example.com\n",
    );
    const session = home.start(["--", "sh", "-c", script], { cwd: tree });
    const { code, stdout, stderr } = await session.ended();
    assertEquals([code, stdout], [0, "two\none\n"], stderr);
    assertMatch(
      stderr,
      /may change \S+\/main-tree and its repository \S+\/main\/\.git,/,
    );
    assertEquals(
      await outside(home, "git -C ../main log --format=%s main-tree"),
      "two\none\n",
    );

    // A file that names another folder, which does not name the project.
    await outside(
      home,
      `mkdir -p ../other/worktrees/x && echo ${KEY} >../other/key
      echo "$HOME/main-tree/.git" >../other/worktrees/x/gitdir && echo "gitdir: $HOME/other/worktrees/x" >.git`,
    );
    const forged = await inside(
      home,
      "cat ../other/key; echo x >>.git; echo done",
    );
    assertEquals(forged.stdout, "done\n");
    assertMatch(forged.stderr, /\.git: Read-only file system/);
  },
});

Deno.test({
  name: "run starts nothing where the command could change programs of the system or of the home",
  ignore,
  async fn() {
    await using home = await makeHome();
    await Deno.mkdir(join(home.folder, ".local/bin"), { recursive: true });
    for (const folder of ["/etc", join(home.folder, ".local")]) {
      const { code, stdout, stderr } = await home.start([
        "--",
        "echo",
        "started",
      ], { cwd: folder }).ended();
      assertEquals([code, stdout], [78, ""], folder);
      assertMatch(
        stderr,
        /the current folder: holds \S+, so the command could change programs that you run/,
      );
      assertEquals(stderr.trimEnd().split("\n").length, 1, stderr);
    }
  },
});

Deno.test({
  name:
    "the table of a project stays as it is and its tokens stay unread, and one that a command makes is not served",
  ignore,
  async fn() {
    await using home = await makeHome();
    const start = () => outside(home, `timeout 5 "$LAUNCHER" start 2>&1 || echo "exit $?"`);
    const table = await Deno.readTextFile(join(home.folder, ".config/cred-proxy/routes.json"));
    const made = await inside(
      home,
      `mkdir conf && echo '${table}' >conf/routes.json && echo LD_PRELOAD=x >.env`,
    );
    assertEquals(made.code, 0, made.stderr);
    const named = /: new or changed, and read by other programs without asking: (.*?);/.exec(made.stderr)
      ?.[1];
    assertEquals(named?.split(", ").toSorted(), [".env", "conf/routes.json"], made.stderr);
    assertMatch(
      await start(),
      /may be the work of a command that was run in a sandbox in \S+\/project,.*\nexit 78\n$/,
    );

    await outside(home, `echo "A_TOKEN=${KEY}" >.env`);
    const script = `
try() { if "$@" 2>/dev/null; then echo "could: $*"; fi; }
make() { echo x 2>/dev/null >"$1"; }
try cat .env; try mv .env env; try make .env; try rm -f conf/routes.json; try make conf/routes.json; try mv conf conf2
make conf/other && grep -c upstream conf/routes.json`;
    const { code, stdout, stderr } = await inside(home, script);
    assertEquals([code, stdout], [0, "1\n"], stderr);
    assertMatch(
      stderr,
      /the project has a table: sh may not change conf\/routes\.json, nor read its \.env$/m,
    );
    assertEquals(await Deno.readTextFile(join(home.project, ".env")), `A_TOKEN=${KEY}\n`);
  },
});

Deno.test({
  name:
    "what another session replaces by a link while the sandbox is made is not shown, and nothing is started",
  ignore,
  async fn() {
    await using home = await makeHome();
    await outside(home, "mkdir -p .git/modules/library ../tools && touch .git/modules/library/HEAD");
    // The race is won for certain: what is mounted is what the link would have led to.
    const race = `#!/usr/bin/python3
import os, sys
arguments = sys.argv[1:]
for index in range(len(arguments) - 2):
    if arguments[index] == "--bind" and arguments[index + 1].endswith("/modules/library"):
        arguments[index + 1] = os.environ["HOME"] + "/.ssh"
os.execv("/usr/bin/bwrap", ["bwrap", *arguments])
`;
    await Deno.writeTextFile(join(home.folder, "tools/bwrap"), race, { mode: 0o755 });
    const path = `${join(home.folder, "tools")}:${SYSTEM_PATH}`;
    const script = "echo started; cat .git/modules/library/*";
    const { code, stdout, stderr } = await inside(home, script, [], path);
    assertEquals([code, stdout], [78, ""], stderr);
    assertMatch(stderr, /\/\.git\/modules\/library was replaced while the sandbox was made/);
  },
});

Deno.test({
  name: "two sessions run in one project at once, also with blanks in its path",
  ignore,
  async fn() {
    await using home = await makeHome();
    const project = join(home.folder, "my \\ project");
    await outside(
      home,
      `rm -r .git && git init -q && mkdir .git/modules && cp -r . "$HOME/my \\ project"`,
    );
    const script = `touch "$1"; until [ -e one ] && [ -e two ]; do sleep 0.05; done; echo "$1"`;
    const outcomes = await Promise.all(
      ["one", "two"].map((name) =>
        home.start(["--", "sh", "-c", script, "sh", name], { cwd: project }).ended()
      ),
    );
    assertEquals(outcomes.map(({ code, stdout }) => [code, stdout]), [[0, "one\n"], [0, "two\n"]]);
  },
});

Deno.test({
  name: "a folder in which run refuses to start anything stays as it is",
  ignore,
  async fn() {
    await using home = await makeHome();
    await outside(home, "cd .. && git init -q && rm -r .git/hooks .git/config");
    const { code, stderr } = await home.start(["--", "echo", "started"], { cwd: home.folder }).ended();
    assertEquals(code, 78, stderr);
    assertEquals(await exists(join(home.folder, ".git/hooks")), false);
    assertEquals(await exists(join(home.folder, ".git/config")), false);
  },
});
