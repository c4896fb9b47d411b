import { assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";

const MODULES = ["minted_tokens.ts", "mint_parts.ts"];

/** Opens the minted tokens of a table with one route. @returns Which of {@linkcode MODULES} that loads. */
async function loadedFor(fields: object): Promise<readonly string[]> {
  const folder = await Deno.makeTempDir();
  const url = (path: string) => JSON.stringify(new URL(`../../lib/${path}`, import.meta.url).href);
  const script = `
    import { parseRoutes } from ${url("config/route/route_table.ts")};
    import { MintedTokens } from ${url("tokens/minted_tokens.ts")};
    import { TokenFiles } from ${url("tokens/token_files.ts")};
    const table = parseRoutes(JSON.stringify({ routes: [${
    JSON.stringify({
      path: "/a/",
      upstream: "http://127.0.0.1:1",
      auth_scheme: "Bearer",
      ...fields,
    })
  }] }));
    const egress = { https: undefined, http: undefined, bypass: [] };
    const options = { caCerts: [], egress, stateFolder: undefined, report() {} };
    await MintedTokens.open(table.value, options, { tokens: new Map(), files: TokenFiles.NONE });
  `;
  try {
    await Deno.writeTextFile(`${folder}/script.ts`, script);
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        "--no-check",
        "--config",
        fromFileUrl(new URL("../../deno.json", import.meta.url)),
        `${folder}/script.ts`,
      ],
      env: {
        DENO_COVERAGE_DIR: `${folder}/coverage`,
        DENO_NO_UPDATE_CHECK: "1",
      },
    }).output();
    assertEquals(code, 0, new TextDecoder().decode(stderr));
    const loaded = new Set<string>();
    for await (const { name } of Deno.readDir(`${folder}/coverage`)) {
      const { url } = JSON.parse(
        await Deno.readTextFile(`${folder}/coverage/${name}`),
      );
      loaded.add(url.replace(/^.*\//, ""));
    }
    return MODULES.filter((each) => loaded.has(each));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("MintedTokens loads what mints tokens only for a table that has a route with token_from", async () => {
  const minted = {
    token_from: {
      oauth2: {
        token_url: "https://login.example.com/token",
        grant: "client_credentials",
        client_id: "me",
        client_secret_env: "S",
      },
    },
  };
  assertEquals(
    await Promise.all([loadedFor({ token_env: "A_TOKEN" }), loadedFor(minted)]),
    [["minted_tokens.ts"], ["minted_tokens.ts", "mint_parts.ts"]],
  );
});
