import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { TOKEN } from "../support/fixture.ts";
import { startService } from "../support/service.ts";
import { withFolder } from "../support/with_folder.ts";

/** What a table may need that most do not, by one module of it. */
const PARTS = ["aws_credential.ts", "client_parts.ts", "mint_parts.ts", "operator.ts", "table_parts.ts"];

/** The most modules that a start may load before it says that it listens; each costs 0.15 ms. */
const MOST = 150;

const ROUTE = { path: "/a/", upstream: "http://127.0.0.1:9", auth_scheme: "Bearer", token_env: "A_TOKEN" };

/** Returns which of {@linkcode PARTS} a service loads. */
async function partsOf(
  table: object,
  env: Readonly<Record<string, string>> = {},
): Promise<readonly string[]> {
  return await withFolder(async (folder) => {
    {
      const all = { A_TOKEN: TOKEN, CLIENT: "client-1Qw2Er3Ty4Ui5Op", DENO_COVERAGE_DIR: folder, ...env };
      await using service = await startService({ routes: table, env: all });
      await service.stop();
    }
    const loaded = new Set<string>();
    for await (const { name } of Deno.readDir(folder)) {
      const { url } = JSON.parse(await Deno.readTextFile(`${folder}/${name}`));
      loaded.add(url.replace(/^.*\//, ""));
    }
    assert(loaded.has("respond.ts"), "What an allowed request needs is loaded although none has come");
    return PARTS.filter((each) => loaded.has(each));
  });
}

Deno.test("a start loads what its table needs, and no more", async () => {
  const { token_env: _, auth_scheme: __, ...least } = ROUTE;
  const keys = {
    region: "us-east-1",
    service: "s3",
    access_key_id_env: "A_TOKEN",
    secret_access_key_env: "B",
  };
  const login = { token_url: "https://127.0.0.1:9/", grant: "client_credentials", client_id: "me" };
  const loaded = await Promise.all([
    partsOf({ routes: [ROUTE] }),
    partsOf({ routes: [ROUTE], client_token_env: "CLIENT" }),
    partsOf({ routes: [ROUTE], clients: [{ name: "one", token_env: "CLIENT", routes: "*" }] }),
    partsOf({ routes: [{ ...least, sign_with: { aws_sigv4: keys } }] }, { B: "secret" }),
    partsOf({
      routes: [{
        ...least,
        auth_scheme: "Bearer",
        token_from: { oauth2: { ...login, client_secret_env: "A_TOKEN" } },
      }],
    }),
    partsOf({ routes: [ROUTE] }, { CRED_PROXY_ADMIN: "127.0.0.1:0" }),
  ]);
  assertEquals(loaded, [
    [],
    ["client_parts.ts"],
    ["client_parts.ts", "table_parts.ts"],
    ["aws_credential.ts", "table_parts.ts"],
    ["mint_parts.ts", "table_parts.ts"],
    ["operator.ts"],
  ]);
});

interface Info {
  readonly modules: readonly {
    readonly specifier: string;
    readonly dependencies?: readonly {
      readonly code?: { readonly specifier?: string };
      readonly isDynamic?: boolean;
    }[];
  }[];
}

Deno.test(`a start loads at most ${MOST} modules before it says that it listens`, async () => {
  const main = new URL("../../main.ts", import.meta.url);
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", fromFileUrl(main)],
    stderr: "null",
  }).output();
  const { modules }: Info = JSON.parse(new TextDecoder().decode(stdout));
  const next = new Map(modules.map(({ specifier, dependencies = [] }) => [
    specifier,
    dependencies.flatMap(({ code, isDynamic }) => isDynamic ? [] : code?.specifier ?? []),
  ]));
  const loaded = new Set([main.href, new URL("../../lib/commands/serve.ts", import.meta.url).href]);
  for (const each of loaded) for (const imported of next.get(each) ?? []) loaded.add(imported);
  assert(loaded.size > 100, "The modules were not found");
  assert(loaded.size <= MOST, `${loaded.size} modules`);
});
