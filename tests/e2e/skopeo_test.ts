/**
 * Real skopeo through the service, at a registry whose token service issues a token for each repository and whose layers are
 * at another host, as with Docker Hub and GitHub.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { startIssuer } from "../support/issuer.ts";
import { startService } from "../support/service.ts";
import { starts } from "../support/starts.ts";
import { type Script, startUpstream } from "../support/upstream.ts";
import { containerRegistry } from "./mocks/container_registry.ts";

const PASSWORD = "password-Wq7Zt2LmK9xB4vNc";
const SIGNATURE = "X-Amz-Signature=0123456789abcdef";
const IMAGE = fromFileUrl(new URL("programs/python/oci_image.py", import.meta.url));

Deno.test({
  name: "skopeo pushes and pulls through a route with a token for each repository, and layers from storage",
  ignore: !await starts("skopeo", "--version") || !await starts("python3", "--version"),
  async fn() {
    const issued = new Map<string, string>();
    await using issuer = startIssuer(({ exchange, number }) => {
      if (exchange.field("authorization") !== `Basic ${btoa(`me:${PASSWORD}`)}`) {
        return { status: 401, text: "{}" };
      }
      const token = `minted-hJ2Tq8vXbN5zR1cD4fG7-${number}`;
      issued.set(token, new URL(exchange.target, "http://x").searchParams.get("scope") ?? "");
      return { token, expires_in: 300 };
    });
    let registry: Script = () => {};
    await using upstream = startUpstream(async (exchange) => {
      const scope = issued.get(exchange.field("authorization")?.slice("Bearer ".length) ?? "");
      const [, name] = /^\/v2\/(.+)\/(?:blobs|manifests)\//.exec(exchange.target) ?? [];
      const reads = ["GET", "HEAD"].includes(exchange.method);
      const isEnough = scope !== undefined &&
        (name === undefined ||
          scope.startsWith(`repository:${name}:pull`) && (reads || scope.endsWith(",push")));
      if (!isEnough) {
        const challenge = `Bearer realm="${issuer.url}/token",service="registry.example.com"`;
        return await exchange.respond(401, { "WWW-Authenticate": challenge }, "{}");
      }
      if (exchange.method === "GET" && /\/blobs\/sha256:/.test(exchange.target)) {
        return await exchange.respond(307, { Location: `${storage.url}${exchange.target}?${SIGNATURE}` });
      }
      await registry(exchange);
    });
    registry = containerRegistry(new URL(upstream.url).host);
    await using storage = startUpstream(async (exchange) => {
      const isSigned = exchange.target.endsWith(`?${SIGNATURE}`) &&
        exchange.field("authorization") === undefined;
      if (!isSigned) return await exchange.respond(403);
      await registry(exchange);
    });
    const token_from = {
      registry: {
        token_url: `${issuer.url}/token`,
        service: "registry.example.com",
        user: "me",
        password_env: "PASSWORD",
      },
    };
    await using service = await startService({
      routes: {
        client_token_env: "CLIENT_TOKEN",
        routes: [
          { path: "/v2/", upstream: `${upstream.url}/v2`, auth_scheme: "Bearer", token_from },
          { path: "/storage/", upstream: storage.url, anonymous: true },
        ],
      },
      env: { PASSWORD, CLIENT_TOKEN: "client-Hx7Lq2" },
    });
    const folder = await Deno.makeTempDir({ prefix: "cred-proxy-skopeo-" });
    const run = async (command: string, ...args: string[]) => {
      const env = { HOME: folder, XDG_RUNTIME_DIR: folder, REGISTRY_AUTH_FILE: join(folder, "auth.json") };
      const { success, stderr } = await new Deno.Command(command, { args, cwd: folder, env }).output();
      assert(
        success,
        `${command} ${args.join(" ")}: ${new TextDecoder().decode(stderr)}\n${service.stderr()}`,
      );
    };
    try {
      const host = `127.0.0.1:${service.port}`;
      await run("python3", IMAGE, "one");
      await run(
        "skopeo",
        "login",
        "--tls-verify=false",
        "--username",
        "agent",
        "--password",
        "client-Hx7Lq2",
        host,
      );
      const copy = (...args: string[]) => run("skopeo", "copy", "--quiet", "--insecure-policy", ...args);
      await copy("--dest-tls-verify=false", "oci:one:latest", `docker://${host}/acme/image:1`);
      await copy("--src-tls-verify=false", `docker://${host}/acme/image:1`, "oci:two:latest");
      const blobs = (name: string) =>
        [...Deno.readDirSync(join(folder, name, "blobs/sha256"))].map((each) => each.name).toSorted();
      assertEquals(blobs("two"), blobs("one"));
      assert(storage.requests.length > 0);
      assertEquals([...issued.values()].toSorted(), [
        "",
        "repository:acme/image:pull",
        "repository:acme/image:pull,push",
      ]);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
