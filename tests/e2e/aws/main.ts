/**
 * Runs AWS's own clients through the service with placeholder keys, in front of mocks that verify every signature:
 * `deno task e2e:aws [CLIENT ...]`. Installs them first.
 *
 * @module
 */

import { join } from "@std/path";
import { makeAuthority } from "../../support/authority.ts";
import { startEgressProxy } from "../../support/egress_proxy.ts";
import { startService } from "../../support/service.ts";
import { startUpstream } from "../../support/upstream.ts";
import { runScript } from "../shell.ts";
import { makeBedrock } from "./bedrock_mock.ts";
import { JS_BEDROCK, JS_S3, PYTHON } from "./programs.ts";
import { makeS3 } from "./s3_mock.ts";

const KEYS = {
  accessKeyId: "AKIAREALREALREALREAL",
  secretAccessKey: "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",
  sessionToken: "IQoJb3JpZ2luX2VjEJr//////////real+session==",
};

/** What clients have instead of the identifier of an access key. */
const CLIENT_TOKEN = "credproxy_client-token-of-the-trial";

const HOSTS = ["s3.eu-central-1.amazonaws.com", "bedrock-runtime.us-east-1.amazonaws.com"] as const;

const PACKAGES = {
  "@anthropic-ai/claude-code": "2.1.330",
  "@aws-sdk/client-bedrock-runtime": "3.1164.0",
  "@aws-sdk/client-s3": "3.1175.0",
  "@aws-sdk/lib-storage": "3.1175.0",
  "@aws-sdk/s3-request-presigner": "3.1169.0",
  "@smithy/node-http-handler": "4.14.2",
  "node": "22.23.3",
};

const BOTO3 = "1.44.8";

/** The clients: each script's environment points at the service, with placeholder keys. */
const CLIENTS: Readonly<
  Record<string, { readonly script: string; readonly expected: RegExp; readonly token?: true }>
> = {
  "client-s3": { script: node(JS_S3), expected: /^done$/m },
  "client-bedrock-runtime": { script: node(JS_BEDROCK), expected: /^done$/m, token: true },
  "boto3": { script: `exec "$CLIENTS/python/bin/python" - <<'END'\n${PYTHON}\nEND`, expected: /^done$/m },
  "claude-code": {
    script: `exec claude -p "Is the signature valid?" --model anthropic.claude-3-haiku-20240307-v1:0`,
    expected: /The signature is valid\./,
  },
};

function node(code: string): string {
  return `cd "$CLIENTS"\nexec node --input-type=module - <<'END'\n${code}\nEND`;
}

/** Installs the clients unless they are installed already. @returns Their folder. */
async function install(): Promise<string> {
  const cache = Deno.env.get("XDG_CACHE_HOME") ?? join(Deno.env.get("HOME") ?? ".", ".cache");
  const folder = join(cache, "cred-proxy-e2e/aws");
  const wanted = JSON.stringify({ private: true, dependencies: PACKAGES, boto3: BOTO3 }, null, 2);
  const done = join(folder, "installed.json");
  if (await Deno.readTextFile(done).catch(() => "") === wanted) return folder;
  console.error(`Installing the clients in ${folder}`);
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(join(folder, "package.json"), wanted);
  for (
    const command of [
      "npm install --no-audit --no-fund --no-package-lock",
      "python3 -m venv python",
      `python/bin/pip install --quiet boto3==${BOTO3}`,
    ]
  ) {
    const { success, stderr } = await new Deno.Command("sh", {
      args: ["-c", command],
      cwd: folder,
      stdout: "null",
      stderr: "piped",
    }).output();
    if (!success) throw new Error(`${command}: ${new TextDecoder().decode(stderr)}`);
  }
  await Deno.writeTextFile(done, wanted);
  return folder;
}

/** Runs one client. @returns What is wrong, or undefined. */
async function runOne(name: string, clientsFolder: string): Promise<string | undefined> {
  const { script, expected, token = false } = CLIENTS[name]!;
  await using stack = new AsyncDisposableStack();
  const s3 = makeS3(KEYS);
  const bedrock = makeBedrock(KEYS);
  const authority = await makeAuthority();
  const upstream = stack.use(startUpstream(
    (exchange) => (exchange.field("host") === HOSTS[0] ? s3 : bedrock).script(exchange),
    { tls: await authority.issue([...HOSTS]), record: false },
  ));
  const egress = stack.use(startEgressProxy());
  egress.answerWith(() => "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n");
  egress.bringTo({ hostname: "127.0.0.1", port: upstream.port });
  const keys = {
    access_key_id_env: "REAL_ID",
    secret_access_key_env: "REAL_KEY",
    session_token_env: "REAL_SESSION",
  };
  const service = stack.use(
    await startService({
      routes: {
        ...token ? { client_token_env: "CLIENT_TOKEN" } : {},
        routes: [
          {
            path: "/s3/",
            upstream: `https://${HOSTS[0]}`,
            sign_with: { aws_sigv4: { region: "eu-central-1", service: "s3", ...keys } },
          },
          {
            path: "/bedrock/",
            upstream: `https://${HOSTS[1]}`,
            sign_with: { aws_sigv4: { region: "us-east-1", service: "bedrock", ...keys } },
          },
        ],
      },
      env: {
        CLIENT_TOKEN,
        REAL_ID: KEYS.accessKeyId,
        REAL_KEY: KEYS.secretAccessKey,
        REAL_SESSION: KEYS.sessionToken,
        HTTPS_PROXY: `http://127.0.0.1:${egress.port}`,
        CRED_PROXY_DEBUG: "1",
      },
      ca: authority.pem,
    }),
  );
  const home = await Deno.makeTempDir({ dir: clientsFolder });
  stack.defer(() => Deno.remove(home, { recursive: true }));
  const ran = await runScript({
    script,
    clientsFolder,
    home,
    env: {
      CLIENTS: clientsFolder,
      AWS_ACCESS_KEY_ID: CLIENT_TOKEN,
      AWS_SECRET_ACCESS_KEY: "placeholder",
      AWS_REGION: "us-east-1",
      AWS_DEFAULT_REGION: "us-east-1",
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_ENDPOINT_URL_S3: `${service.url}/s3`,
      AWS_ENDPOINT_URL_BEDROCK_RUNTIME: `${service.url}/bedrock`,
      ANTHROPIC_BEDROCK_BASE_URL: `${service.url}/bedrock`,
      CLAUDE_CODE_USE_BEDROCK: "1",
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
    },
    limitMs: 120_000,
  });
  const problems = [...s3.problems, ...bedrock.problems];
  const served = [...s3.served, ...bedrock.served];
  const all = ran.stdout + ran.stderr + service.stderr() + service.stdout();
  const leaked = Object.values(KEYS).filter((secret) => all.includes(secret));
  if (
    ran.code === 0 && expected.test(ran.stdout) && problems.length === 0 && served.length > 0 &&
    leaked.length === 0
  ) {
    console.log(
      `${name}: ok, ${served.length} signed requests, ${ran.seconds.toFixed(1)} s: ${summaryOf(served)}`,
    );
    return undefined;
  }
  return [
    `exit ${ran.code}`,
    ...problems,
    ...leaked.map(() => "a key leaked"),
    ran.stdout,
    ran.stderr.slice(-3000),
    service.stderr().slice(-3000),
  ].join("\n");
}

function summaryOf(served: readonly string[]): string {
  const counts = Map.groupBy(served, (each) => each);
  return [...counts].map(([each, all]) => `${each}${all.length > 1 ? ` (${all.length})` : ""}`).join(", ");
}

if (import.meta.main) {
  const names = Deno.args.length === 0 ? Object.keys(CLIENTS) : Deno.args;
  const unknown = names.filter((name) => !(name in CLIENTS));
  if (unknown.length > 0) {
    console.error(`Unknown: ${unknown.join(", ")}. There are ${Object.keys(CLIENTS).join(", ")}`);
    Deno.exit(64);
  }
  const folder = await install();
  let failed = 0;
  for (const name of names) {
    const problem = await runOne(name, folder);
    if (problem === undefined) continue;
    failed++;
    console.error(`${name}: FAILED\n${problem}`);
  }
  Deno.exit(failed === 0 ? 0 : 1);
}
