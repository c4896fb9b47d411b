/**
 * Runs the vendors' libraries through routes whose tokens come from an issuer, with placeholder credentials:
 * `deno task e2e:issuers [CLIENT ...]`. Installs them first.
 *
 * @module
 */

import { join } from "@std/path";
import { makeAuthority } from "../../support/authority.ts";
import { startEgressProxy } from "../../support/egress_proxy.ts";
import { makeRsaKey } from "../../support/rsa_key.ts";
import { startService } from "../../support/service.ts";
import { startUpstream } from "../../support/upstream.ts";
import { filesWithKey, includesKey } from "../secrets.ts";
import { runScript } from "../shell.ts";
import { HOSTS, makeMocks } from "./mocks.ts";
import { GENAI, OCTOKIT } from "./programs.ts";

const PACKAGES = {
  "@google/genai": "3.1.0",
  "octokit": "5.0.5",
  "node": "22.23.3",
};

/** The clients, what each prints, and what it asks for. */
const CLIENTS: Readonly<
  Record<string, { readonly code: string; readonly expected: RegExp; readonly requests: readonly RegExp[] }>
> = {
  "octokit": {
    code: OCTOKIT,
    expected: /^acme\/project 1 bot$/m,
    requests: [
      /^GET \/repos\/acme\/project$/,
      /^GET \/repos\/acme\/project\/issues\?per_page=1/,
      /^POST \/repos\/acme\/project\/issues\/7\/comments$/,
      /^POST \/graphql$/,
    ],
  },
  "@google/genai": {
    code: GENAI,
    expected: /^The proxy is transparent\.\nThe proxy is transparent\.\n7$/m,
    requests: [/:streamGenerateContent\?alt=sse$/, /:generateContent$/, /:countTokens$/],
  },
};

/** Installs the clients unless they are installed already. @returns Their folder. */
async function install(): Promise<string> {
  const cache = Deno.env.get("XDG_CACHE_HOME") ?? join(Deno.env.get("HOME") ?? ".", ".cache");
  const folder = join(cache, "cred-proxy-e2e/issuers");
  const wanted = JSON.stringify({ private: true, dependencies: PACKAGES }, null, 2);
  const done = join(folder, "installed.json");
  if (await Deno.readTextFile(done).catch(() => "") === wanted) return folder;
  console.error(`Installing the clients in ${folder}`);
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(join(folder, "package.json"), wanted);
  const { success, stderr } = await new Deno.Command("npm", {
    args: ["install", "--no-audit", "--no-fund", "--no-package-lock"],
    cwd: folder,
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(`npm install failed: ${new TextDecoder().decode(stderr)}`);
  await Deno.writeTextFile(done, wanted);
  return folder;
}

/** Runs one client. @returns What is wrong; empty if nothing is. */
async function runOne(name: string, clientsFolder: string): Promise<readonly string[]> {
  const { code, expected, requests } = CLIENTS[name]!;
  await using stack = new AsyncDisposableStack();
  const key = await makeRsaKey();
  const mocks = makeMocks(key.publicKey);
  const authority = await makeAuthority();
  const tls = await authority.issue(Object.values(HOSTS));
  const upstream = stack.use(startUpstream(mocks.script, { tls, record: false }));
  const egress = stack.use(startEgressProxy());
  egress.answerWith(() => "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n");
  egress.bringTo({ hostname: "127.0.0.1", port: upstream.port });
  const service = stack.use(
    await startService({
      routes: {
        routes: [{
          path: "/github/",
          upstream: `https://${HOSTS.github}`,
          auth_scheme: "Bearer",
          token_from: { github_app: { app_id: 42, installation_id: 7, private_key_file: "app.pem" } },
        }, {
          path: "/vertex/",
          upstream: `https://${HOSTS.vertex}`,
          auth_scheme: "Bearer",
          token_from: {
            google_service_account: {
              key_file: "key.json",
              scopes: ["https://www.googleapis.com/auth/cloud-platform"],
            },
          },
        }],
      },
      files: {
        "app.pem": key.pkcs1,
        "key.json": JSON.stringify({
          type: "service_account",
          private_key: key.pkcs8,
          private_key_id: "1",
          client_email: "bot@project.iam.gserviceaccount.com",
          token_uri: `https://${HOSTS.google}/token`,
        }),
      },
      env: { HTTPS_PROXY: `http://127.0.0.1:${egress.port}`, CRED_PROXY_DEBUG: "1" },
      ca: authority.pem,
    }),
  );
  const home = await Deno.makeTempDir({ dir: clientsFolder });
  stack.defer(() => Deno.remove(home, { recursive: true }));
  const ran = await runScript({
    script: `cd "$CLIENTS"\nexec node --input-type=module - <<'END'\n${code}\nEND`,
    clientsFolder,
    home,
    env: { CLIENTS: clientsFolder, GITHUB: `${service.url}/github`, VERTEX: `${service.url}/vertex` },
    limitMs: 60_000,
  });
  const secrets = [...mocks.issued, ...key.pkcs1.split("\n").slice(1, 3)];
  const shown = ran.stdout + ran.stderr + service.stdout() + service.stderr();
  const problems = [
    ...mocks.problems,
    ...ran.code === 0 ? [] : [`ended with ${ran.code}`],
    ...expected.test(ran.stdout) ? [] : ["did not print the answer"],
    ...requests.filter((wanted) => !mocks.served.some((each) => wanted.test(each)))
      .map((wanted) => `did not ask for ${wanted.source}`),
    ...mocks.issued.length > 1 ? [] : ["used one token only"],
    ...secrets.some((secret) => includesKey(shown, secret)) ? ["a secret was printed"] : [],
    ...(await filesWithKey(home, secrets)).map((path) => `a secret is in ${path}`),
  ];
  if (problems.length > 0) console.error(ran.stdout + ran.stderr + service.stderr());
  else console.error(`${name}: ${mocks.served.length} requests, ${mocks.issued.length} tokens`);
  return problems;
}

if (import.meta.main) {
  const names = Object.keys(CLIENTS).filter((name) => Deno.args.length === 0 || Deno.args.includes(name));
  const folder = await install();
  let failed = names.length === 0;
  for (const name of names) {
    const problems = await runOne(name, folder);
    failed ||= problems.length > 0;
    console.log(`${name}: ${problems.length === 0 ? "passed" : problems.join("; ")}`);
  }
  Deno.exit(failed ? 1 : 0);
}
