/**
 * Refresh tokens that the issuer replaces with each use: a real OAuth server, and services under their exact flags.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertNotEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { startIssuer } from "../support/issuer.ts";
import { CLIENT, type OAuthServer, startOAuthServer } from "../support/oauth_server.ts";
import { runMain } from "../support/run_main.ts";
import { type Service, startService } from "../support/service.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";
import { request } from "../support/wire.ts";
import { withFolder } from "../support/with_folder.ts";

/** Starts an upstream that accepts what the OAuth server issued. */
function startApi(server: OAuthServer): Upstream {
  return startUpstream(async (exchange) => {
    const token = exchange.field("authorization")?.slice("Bearer ".length) ?? "";
    await exchange.respond(await server.accepts(token) ? 200 : 401, [], "ok");
  });
}

function tableFor(upstream: { readonly url: string }, issuer: { readonly url: string }, fields: object = {}) {
  return {
    routes: [{
      path: "/a/",
      upstream: upstream.url,
      auth_scheme: "Bearer",
      token_from: {
        oauth2: {
          token_url: `${issuer.url}/token`,
          grant: "refresh_token",
          client_id: CLIENT.id,
          client_secret_env: "CLIENT_SECRET",
          refresh_token_env: "REFRESH_TOKEN",
          ...fields,
        },
      },
    }],
  };
}

async function statusOf(service: Service): Promise<number> {
  return (await request(service.port, "GET /a/x HTTP/1.1\r\nHost: proxy\r\n\r\n")).status;
}

/** Returns the files of a folder with their modes and contents. */
async function filesOf(folder: string): Promise<Map<string, { mode: number; text: string }>> {
  const files = new Map<string, { mode: number; text: string }>();
  for await (const { name } of Deno.readDir(folder)) {
    const path = join(folder, name);
    const { mode } = await Deno.stat(path);
    files.set(name, { mode: (mode ?? 0) & 0o777, text: await Deno.readTextFile(path) });
  }
  return files;
}

Deno.test("a refresh token that rotates is on the disk before it is used, and a restart goes on with it", async () => {
  await using server = await startOAuthServer(1);
  await using upstream = startApi(server);
  await withFolder(async (state) => {
    const refreshToken = await server.login();
    const options = {
      routes: tableFor(upstream, server),
      env: { CLIENT_SECRET: CLIENT.secret, REFRESH_TOKEN: refreshToken, CRED_PROXY_STATE: state },
    };
    const seen = new Set<string>();
    for (const uses of [2, 1]) {
      await using service = await startService(options);
      for (let count = 0; count < uses; count++) {
        assertEquals(await statusOf(service), 200);
        const stored = [...(await filesOf(state)).values()].find(({ text }) =>
          text.includes("refresh_token")
        );
        assertEquals(stored?.mode, 0o600);
        const { refresh_token } = JSON.parse(stored?.text ?? "");
        assertNotEquals(refresh_token, refreshToken);
        seen.add(refresh_token);
        if (count + 1 < uses) await new Promise((resolve) => setTimeout(resolve, 1000));
      }
      assertEquals(service.flags.filter((flag) => flag.startsWith("--allow-write")), [
        `--allow-write=${state}`,
      ]);
      assert(!(service.stderr() + service.stdout()).includes(refreshToken));
    }
    // Each of them was used once: the server revokes the login of one that is used again.
    assertEquals(seen.size, 3);
    await using late = await startService({ ...options, env: { ...options.env, CRED_PROXY_STATE: "" } });
    assertEquals(await statusOf(late), 500);
    await late.logged(/responded with 400 \(invalid_grant\); there is no token; no further attempt/);
    await using after = await startService(options);
    assertEquals(await statusOf(after), 500);
  });
});

Deno.test("a refresh token that the operator changes wins over the stored one", async () => {
  await using upstream = startUpstream((exchange) => exchange.respond(200, [], "ok"));
  await using issuer = startIssuer(({ number, parameters: { refresh_token } }) =>
    refresh_token === "revoked-long-ago"
      ? { status: 400, text: '{"error":"invalid_grant"}' }
      // Long enough to be used in time on a busy machine.
      : { access_token: `access-${number}`, refresh_token: `${refresh_token}+`, expires_in: 0.6 }
  );
  await withFolder(async (state) => {
    await using service = await startService({
      routes: tableFor(upstream, issuer, { refresh_token_env: undefined, refresh_token_file: "login" }),
      env: { CLIENT_SECRET: CLIENT.secret, CRED_PROXY_STATE: state },
      files: { login: "revoked-long-ago" },
    });
    assertEquals(await statusOf(service), 500);
    // What failed is tried again as soon as the file changes.
    for (const login of ["first", "second"]) {
      const before = service.stderr().length;
      await Deno.writeTextFile(join(service.folder, "new"), login);
      await Deno.rename(join(service.folder, "new"), join(service.folder, "login"));
      const until = Date.now() + 5000;
      while (!service.stderr().slice(before).includes("login: new token loaded")) {
        assert(Date.now() < until, "The login was not loaded");
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      for (let use = 0; use < 2; use++) {
        assertEquals(await statusOf(service), 200);
        await new Promise((resolve) => setTimeout(resolve, 600));
      }
    }
  });
  assertEquals(issuer.requests.map(({ parameters }) => parameters.refresh_token), [
    "revoked-long-ago",
    "first",
    "first+",
    "second",
    "second+",
  ]);
});

Deno.test("a reply without a new refresh token keeps the old one", async () => {
  await using upstream = startUpstream((exchange) => exchange.respond(200, [], "ok"));
  await using issuer = startIssuer(({ number }) => ({
    access_token: `access-${number}`,
    expires_in: 0.3,
    ...(number === 2 ? { refresh_token: "second" } : {}),
  }));
  await withFolder(async (state) => {
    await using service = await startService({
      routes: tableFor(upstream, issuer, { body_format: "json", client_auth: "body" }),
      env: { CLIENT_SECRET: CLIENT.secret, REFRESH_TOKEN: "first", CRED_PROXY_STATE: state },
    });
    for (let count = 0; count < 4; count++) {
      assertEquals(await statusOf(service), 200);
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    assertEquals(issuer.requests.map(({ parameters }) => parameters.refresh_token), [
      "first",
      "first",
      "second",
      "second",
    ]);
    assertEquals(issuer.requests[0]?.parameters, {
      grant_type: "refresh_token",
      refresh_token: "first",
      client_id: CLIENT.id,
      client_secret: CLIENT.secret,
    });
    assertEquals(issuer.requests[0]?.exchange.field("content-type"), "application/json");
  });
});

Deno.test("a new refresh token is kept even if the access token beside it can't be used", async () => {
  await using upstream = startUpstream((exchange) => exchange.respond(200, [], "ok"));
  await using issuer = startIssuer(({ number }) => ({
    access_token: number === 1 ? "bad\ntoken" : "good-token",
    refresh_token: `refresh-${number}`,
    expires_in: 60,
  }));
  await withFolder(async (state) => {
    const options = {
      routes: tableFor(upstream, issuer),
      env: { CLIENT_SECRET: CLIENT.secret, REFRESH_TOKEN: "first", CRED_PROXY_STATE: state },
    };
    {
      await using service = await startService(options);
      assertEquals(await statusOf(service), 502);
    }
    await using service = await startService(options);
    assertEquals(await statusOf(service), 200);
    assertEquals(issuer.requests.map(({ parameters }) => parameters.refresh_token), ["first", "refresh-1"]);
  });
});

Deno.test("two services that share a folder never use one refresh token twice", async () => {
  await using server = await startOAuthServer(1);
  await using upstream = startApi(server);
  await withFolder(async (state) => {
    const options = {
      routes: tableFor(upstream, server),
      env: { CLIENT_SECRET: CLIENT.secret, REFRESH_TOKEN: await server.login(), CRED_PROXY_STATE: state },
    };
    await using one = await startService(options);
    await using other = await startService(options);
    for (let count = 0; count < 2; count++) {
      assertEquals(await Promise.all([one, other, one, other].map(statusOf)), [200, 200, 200, 200]);
      await new Promise((resolve) => setTimeout(resolve, 950));
    }
  });
});

Deno.test("serve refuses a folder that it can't write to, and a secret that can't be what it is used as", async () => {
  const table = tableFor({ url: "https://api.example" }, { url: "https://login.example" });
  const cases: [env: Record<string, string>, routes: object, line: RegExp][] = [
    [
      { CRED_PROXY_STATE: "/nonexistent/state" },
      table,
      /\bcred-proxy: CRED_PROXY_STATE: must be a folder .*NotFound/m,
    ],
    [
      { CLIENT_SECRET: "two\nlines" },
      table,
      /\bcred-proxy: CLIENT_SECRET: contains a line feed \(LF\) at position 4/m,
    ],
    [
      { KEY: "secret-that-is-no-key" },
      {
        routes: [{
          path: "/a/",
          upstream: "https://api.example",
          auth_scheme: "Bearer",
          token_from: { github_app: { app_id: 1, installation_id: 1, private_key_env: "KEY" } },
        }],
      },
      /\bcred-proxy: KEY: must be an RSA private key in PEM \(the value is not shown\)/,
    ],
  ];
  for (const [env, routes, line] of cases) {
    const all = { CLIENT_SECRET: "x", REFRESH_TOKEN: "y", ...env };
    const error = await assertRejects(() => startService({ routes, env: all }), Error);
    assertMatch(error.message.replaceAll("\\n", "\n"), line);
    assert(!error.message.includes("secret-that"));
  }
});

Deno.test("check says where each secret comes from, what is missing, and what a restart will cost", async () => {
  await withFolder(async (folder) => {
    const table = join(folder, "routes.json");
    const { routes } = tableFor({ url: "https://api.example" }, { url: "https://login.example" });
    await Deno.writeTextFile(table, JSON.stringify({ routes }));
    const lines = async (env: Record<string, string>) =>
      (await runMain(["check", table], { env })).stdout.trim().split("\n").slice(1);
    assertEquals(await lines({ CLIENT_SECRET: "x" }), [
      "  /a/ → https://api.example, oauth2 refresh_token at login.example with CLIENT_SECRET, REFRESH_TOKEN; " +
      "UNSET: REFRESH_TOKEN is unset or empty: this route will respond with 500",
      "    a new refresh token is kept in memory only: if the issuer replaces it, a restart loses it and somebody " +
      "has to log in again; set CRED_PROXY_STATE to a folder",
    ]);
    assertEquals(await lines({ CLIENT_SECRET: "x", REFRESH_TOKEN: "y", CRED_PROXY_STATE: "/var/lib/x" }), [
      "  /a/ → https://api.example, oauth2 refresh_token at login.example with CLIENT_SECRET, REFRESH_TOKEN",
      "    a new refresh token is kept in /var/lib/x",
    ]);
  });
});
