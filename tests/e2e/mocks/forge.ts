import { gitBackend } from "../../support/git_backend.ts";
import type { Script } from "../../support/upstream.ts";

/** A forge with one repository, `acme/project.git`, of one commit. */
export interface Forge extends AsyncDisposable {
  /** Returns a script that serves it to requests with this Authorization. */
  serve(authorization: string): Script;
}

/** Makes a forge in its own folder. */
export async function makeForge(): Promise<Forge> {
  const folder = await Deno.makeTempDir({ prefix: "cred-proxy-e2e-forge-" });
  const env = { PATH: Deno.env.get("PATH") ?? "", HOME: folder, GIT_CONFIG_NOSYSTEM: "1" };
  const { code, stderr } = await new Deno.Command("sh", {
    args: [
      "-euc",
      `git init --quiet --bare --initial-branch=main root/acme/project.git
      git init --quiet --initial-branch=main seed
      cd seed
      echo one > README
      git add README
      git -c user.name=Seed -c user.email=seed@example.com commit --quiet -m one
      git push --quiet ../root/acme/project.git HEAD:main`,
    ],
    cwd: folder,
    clearEnv: true,
    env,
  }).output();
  if (code !== 0) throw new Error(`Cannot make a forge: ${new TextDecoder().decode(stderr)}`);
  return {
    serve: (authorization) => gitBackend({ root: `${folder}/root`, authorization, env }),
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}
