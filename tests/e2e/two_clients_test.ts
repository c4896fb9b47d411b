/**
 * Two agents' real clients behind one service: the Anthropic SDK and git, each with a client token of its own, and the
 * operator's questions about them, answered by the very commands of docs/OPERATING.md.
 *
 * @module
 */

import Anthropic from "@anthropic-ai/sdk";
import { assert, assertEquals, assertMatch, assertNotEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { sha256 } from "../../lib/core/sha256.ts";
import { startAdmin, type WithAdmin } from "../support/admin.ts";
import { makeAuthority } from "../support/authority.ts";
import { openForge } from "../support/forge.ts";
import { runMain } from "../support/run_main.ts";
import { startUpstream } from "../support/upstream.ts";
import { within } from "../support/within.ts";
import { starts } from "../support/starts.ts";

const API_TOKEN = "real-api-Vb6Xn2KwQ9sT4yRm";
const FORGE_TOKEN = "real-forge-hJ2Tq8vXbN5zR1";
const OWN_FORGE_TOKEN = "real-builder-K9xB4vNcWq7Z";

/** The shell blocks of the section "Who did what", by their first line. */
const COMMANDS: ReadonlyMap<string, string> = new Map(
  Array.from(
    Deno.readTextFileSync(new URL("../../docs/OPERATING.md", import.meta.url))
      .split("\n## Who did what\n")[1]!.split("\n## ")[0]!.matchAll(/^```sh\n(.*)\n([^]*?)^```$/gm),
    ([, title = "", lines = ""]) => [title.replace(/^# /, ""), lines],
  ),
);

const hasJq = await starts("jq", "--version");

/** Makes a client token with the program, as an operator does. */
async function makeToken(name: string): Promise<{ token: string; entry: Record<string, unknown> }> {
  const { stdout, stderr } = await runMain(["token", name], { flags: [] });
  return { token: stdout.trim(), entry: JSON.parse(stderr.trim().split("\n").at(-1)!) };
}

/** Runs commands of the document in a folder that holds `log.json` and `conf/`. */
async function operator(service: WithAdmin, folder: string, title: string): Promise<string> {
  const lines = COMMANDS.get(title);
  if (lines === undefined) throw new Error(`No command for "${title}": ${[...COMMANDS.keys()].join(", ")}`);
  await Deno.writeTextFile(join(folder, "log.json"), service.stdout());
  const { success, stdout, stderr } = await new Deno.Command("sh", {
    args: ["-euc", lines],
    cwd: folder,
    env: { ADMIN: `http://${service.adminAddress}` },
  }).output();
  const text = new TextDecoder().decode(stdout);
  if (!success) throw new Error(`${title}: ${new TextDecoder().decode(stderr)}${text}`);
  return text;
}

Deno.test({
  name:
    "two agents share a proxy: each has its own credential and routes, and the operator can tell them apart",
  ignore: !hasJq,
  async fn() {
    const [writer, builder] = [await makeToken("writer"), await makeToken("builder")];
    const authority = await makeAuthority();
    const released = Promise.withResolvers<void>();
    const event = (data: object & { type: string }) =>
      `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
    const message = {
      id: "msg_1",
      type: "message",
      role: "assistant",
      model: "m",
      content: [],
      stop_reason: null,
    };
    await using api = startUpstream(async (exchange) => {
      await exchange.bodyBytes();
      const fields = {
        "Content-Type": "text/event-stream",
        "Request-Id": "req_1",
        "Transfer-Encoding": "chunked",
      };
      await exchange.respond(200, fields);
      await exchange.writeChunk(event({ type: "message_start", message } as never));
      await released.promise;
      await exchange.writeChunk(event({ type: "message_stop" }));
      await exchange.writeChunk();
    }, { tls: await authority.issue(["localhost"]) });
    await using forge = await openForge(`token ${OWN_FORGE_TOKEN}`);

    const table = {
      clients: [
        { ...writer.entry, routes: ["/anthropic/"] },
        {
          ...builder.entry,
          routes: { "/git/": { token_env: "BUILDER_FORGE_TOKEN" } },
          requests_per_minute: 60,
        },
      ],
      routes: [
        {
          path: "/anthropic/",
          upstream: api.url,
          auth_scheme: "",
          auth_header: "x-api-key",
          token_env: "API_TOKEN",
        },
        { path: "/git/", upstream: forge.upstream.url, auth_scheme: "token", token_env: "FORGE_TOKEN" },
      ],
    };
    await using service = await startAdmin({
      routes: table,
      ca: authority.pem + forge.ca,
      env: { API_TOKEN, FORGE_TOKEN, BUILDER_FORGE_TOKEN: OWN_FORGE_TOKEN, CRED_PROXY_LOG: "json" },
    });
    const folder = await Deno.makeTempDir();
    await Deno.symlink(service.folder, join(folder, "conf"));

    // The writer streams, and is refused the builder's route.
    const anthropic = (token: string, route: string) =>
      new Anthropic({ baseURL: service.url + route, authToken: token, apiKey: null, maxRetries: 0 });
    const question = {
      model: "m",
      max_tokens: 9,
      messages: [{ role: "user" as const, content: "?" }],
      stream: true as const,
    };
    const stream = (await anthropic(writer.token, "/anthropic").messages.create(question))
      [Symbol.asyncIterator]();
    assertEquals((await within(stream.next(), "The first event")).value?.type, "message_start");
    await assertRejects(() => anthropic(writer.token, "/git").messages.create(question), Error, "403");

    // The builder clones with a token of its own, and is refused the writer's route.
    await forge.git(
      ...["config", "--global", `credential.${service.url}.helper`],
      `!f() { echo username=agent; echo "password=${builder.token}"; }; f`,
    );
    await forge.git("clone", "--quiet", `${service.url}/git/project.git`, forge.work);
    assertEquals(await Deno.readTextFile(join(forge.work, "README")), "one\n");
    const refused = await forge.tryGit("ls-remote", `${service.url}/anthropic/project.git`);
    assertMatch(refused.stderr, /error: 403/);

    assertEquals(api.requests.map((each) => each.field("x-api-key")), [API_TOKEN]);
    for (const each of forge.upstream.requests) {
      assertEquals(each.field("authorization"), `token ${OWN_FORGE_TOKEN}`);
    }
    for (const { head } of [...api.requests, ...forge.upstream.requests]) {
      assert(!head.includes(writer.token) && !head.includes(builder.token), head);
    }

    // Who did what: on the page, in the metrics and in the log.
    const page = await (await service.admin("/")).text();
    for (
      const part of [
        '<a href="?client=writer">writer</a>',
        '<a href="?client=builder">builder</a>',
        "In flight",
      ]
    ) {
      assert(page.includes(part), part);
    }
    const metrics = await (await service.admin("/metrics")).text();
    assertMatch(metrics, /^cred_proxy_client_requests_in_flight\{client="writer"\} 1$/m);
    assertMatch(
      metrics,
      /^cred_proxy_upstream_responses_total\{route="\/git\/",client="builder",status="2xx"\} \d/m,
    );
    assertMatch(metrics, /^cred_proxy_client_refusals_total\{client="writer",code="not_allowed"\} 1$/m);
    const used = await operator(service, folder, "Which agent used which credential, and when");
    assertMatch(used, /^\d{4}-\S+\tbuilder\tBUILDER_FORGE_TOKEN#0\t\/git\/\t200$/m);
    assert(!used.includes("writer"), "a stream is logged at its end");

    // One is revoked while the other streams.
    await operator(service, folder, "Revoke one agent now");
    await service.logged(/route table reloaded/);
    const revoked = await forge.tryGit("-C", forge.work, "fetch");
    assertNotEquals(revoked.code, 0);
    assertMatch(revoked.stderr, /Authentication failed/);
    released.resolve();
    assertEquals((await within(stream.next(), "The last event")).value?.type, "message_stop");
    assertEquals((await stream.next()).done, true);

    const who = () => operator(service, folder, "Which agent used which credential, and when");
    let after = await who();
    // The line is written a moment after the client has the last of the stream.
    for (let look = 0; look < 20 && !after.includes("writer"); look++) after = await who();
    assertMatch(after, /^\d{4}-\S+\twriter\tAPI_TOKEN#0\t\/anthropic\/\t200$/m);
    assertMatch(await operator(service, folder, "Who knocks"), /client_token_required/);
    await Deno.remove(folder, { recursive: true });
  },
});

Deno.test({
  name: "the document's commands name the token that stopped working, and who is over the limit",
  ignore: !hasJq,
  async fn() {
    let status = 200;
    await using upstream = startUpstream((exchange) => exchange.respond(status, [], "ok"));
    const clients = [{
      name: "eager",
      token_sha256: sha256("eager-token"),
      routes: "*",
      requests_per_minute: 2,
    }];
    const route = { upstream: upstream.url, auth_scheme: "Bearer", token_env: "API_TOKEN" };
    await using service = await startAdmin({
      routes: { clients, routes: [{ path: "/a/", ...route }] },
      env: { API_TOKEN, CRED_PROXY_LOG: "json" },
    });
    const folder = await Deno.makeTempDir();
    for (status of [200, 401, 200, 200]) {
      await (await fetch(`${service.url}/a/x`, { headers: { "x-api-key": "eager-token" } })).text();
    }
    await service.printed(/(?:rate_limited[^]*){2}/);
    const stopped = await operator(service, folder, "Which token stopped working, and since when");
    assertMatch(stopped, /^cred_proxy_token_refused\{route="\/a\/",token="API_TOKEN"\} 1$/m);
    assertMatch(stopped, /^\d{4}-\S+\tAPI_TOKEN#0\t\/a\/\t401$/m);
    assertMatch(await operator(service, folder, "Who is over the limit"), /^ +2 eager$/m);
    await Deno.remove(folder, { recursive: true });
  },
});
