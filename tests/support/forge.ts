/**
 * A git forge and a client's git, for tests with real git.
 *
 * @module
 */

import { makeAuthority } from "./authority.ts";
import { gitBackend } from "./git_backend.ts";
import type { Outcome } from "./run_main.ts";
import { startUpstream, type Upstream } from "./upstream.ts";
import { within } from "./within.ts";

/** A forge with one repository of one commit (README: "one"), and git with its own home. */
export interface Forge extends AsyncDisposable {
  /** Serves the repository over TLS as `/project.git`. */
  readonly upstream: Upstream;
  /** The authority of its certificate, PEM. */
  readonly ca: string;
  /** The folder of the repository that is served. */
  readonly bare: string;
  /** The folder of a repository to push from directly, without HTTP. */
  readonly seed: string;
  /** A folder that does not exist yet, for the client's clone. */
  readonly work: string;
  /** Runs git and returns its stdout, trimmed; throws with its stderr. */
  git(...args: string[]): Promise<string>;
  /** Runs git and returns its outcome, failed or not. */
  tryGit(...args: string[]): Promise<Outcome>;
  /** Commits one file and returns the commit's hash. */
  commit(repository: string, name: string, data: string | Uint8Array): Promise<string>;
}

/** Opens a forge that accepts only this value of Authorization. */
export async function openForge(authorization: string): Promise<Forge> {
  const folder = await Deno.makeTempDir({ prefix: "cred-proxy-git-" });
  const [root, home, seed] = [`${folder}/root`, `${folder}/home`, `${folder}/seed`];
  const bare = `${root}/project.git`;
  const env = {
    PATH: Deno.env.get("PATH") ?? "",
    HOME: home,
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_TERMINAL_PROMPT: "0",
    GIT_SSL_CAINFO: `${folder}/ca.pem`,
    GIT_AUTHOR_NAME: "Agent",
    GIT_AUTHOR_EMAIL: "agent@example.com",
    GIT_COMMITTER_NAME: "Agent",
    GIT_COMMITTER_EMAIL: "agent@example.com",
  };

  async function tryGit(...args: string[]): Promise<Outcome> {
    const command = new Deno.Command("git", {
      args,
      cwd: folder,
      clearEnv: true,
      env,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    });
    await using child = command.spawn();
    const { code, stdout, stderr } = await within(child.output(), `git ${args.join(" ")}`, 30_000);
    const [output, errors] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes).trim());
    return { code, stdout: output ?? "", stderr: errors ?? "" };
  }

  async function git(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await tryGit(...args);
    if (code !== 0) throw new Error(`git ${args.join(" ")} ended with ${code}: ${stderr}`);
    return stdout;
  }

  async function commit(repository: string, name: string, data: string | Uint8Array): Promise<string> {
    await Deno.writeFile(
      `${repository}/${name}`,
      typeof data === "string" ? new TextEncoder().encode(data) : data,
    );
    await git("-C", repository, "add", name);
    await git("-C", repository, "commit", "--quiet", "--message", `Change ${name}`);
    return await git("-C", repository, "rev-parse", "HEAD");
  }

  for (const each of [root, home]) await Deno.mkdir(each);
  const authority = await makeAuthority();
  await Deno.writeTextFile(env.GIT_SSL_CAINFO, authority.pem);
  await git("init", "--quiet", "--bare", "--initial-branch=main", bare);
  await git("init", "--quiet", "--initial-branch=main", seed);
  await commit(seed, "README", "one\n");
  await git("-C", seed, "push", "--quiet", bare, "HEAD:main");
  const upstream = startUpstream(gitBackend({ root, authorization, env }), {
    tls: await authority.issue(["localhost"]),
  });

  return {
    upstream,
    ca: authority.pem,
    bare,
    seed,
    work: `${folder}/work`,
    git,
    tryGit,
    commit,
    [Symbol.asyncDispose]: async () => {
      await upstream.close();
      await Deno.remove(folder, { recursive: true });
    },
  };
}
