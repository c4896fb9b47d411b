import { assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { flags, type Grants } from "../../lib/permissions/permissions.ts";

const PROBE: string = fromFileUrl(new URL("../support/grants_probe.ts", import.meta.url));

const REQUIRED: Grants = {
  net: ["127.0.0.1:0", "127.0.0.1:9100", "a.example:443"],
  read: ["/tmp"],
  write: [],
  env: ["A", "B"],
};

/** Returns the lines that the probe prints under these flags, one per problem. */
async function problemsUnder(...given: string[]): Promise<readonly string[]> {
  const args = ["run", "--no-prompt", ...given, PROBE, JSON.stringify(REQUIRED)];
  const { stdout, stderr, code } = await new Deno.Command(Deno.execPath(), { args }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).split("\n").filter((line) => line !== "");
}

const RIGHT: readonly string[] = flags(REQUIRED).split(" ").filter((flag) => flag !== "--no-prompt");

Deno.test("checkGrants() finds nothing wrong under exactly the needed flags", async () => {
  assertEquals(await problemsUnder(...RIGHT), []);
});

Deno.test("checkGrants() names each grant that is missing", async () => {
  assertEquals(
    await problemsUnder(
      "--allow-net=127.0.0.1:0,127.0.0.1:9100,b.example:443",
      "--allow-read=/run",
      "--allow-env=A",
    ),
    [
      "--allow-net: missing_grant: is missing a.example:443",
      "--allow-read: missing_grant: is missing /tmp",
      "--allow-env: missing_grant: is missing B",
    ],
  );
});

Deno.test("checkGrants() names each kind that is granted without a list", async () => {
  const all = (kind: string) => `--allow-${kind}: unrestricted_grant: is unrestricted; list what is needed`;
  const none = (kind: string) =>
    `--allow-${kind}: unneeded_grant: must not be granted; the service does not need it`;
  assertEquals(await problemsUnder("-A"), [
    ...["net", "read", "env"].map(all),
    ...["write", "run", "sys", "ffi", "import"].map(none),
  ]);
  for (const kind of ["net", "read", "env"]) {
    const others = RIGHT.filter((flag) => !flag.startsWith(`--allow-${kind}=`));
    assertEquals(await problemsUnder(...others, `--allow-${kind}`), [all(kind)]);
  }
  for (const kind of ["write", "run", "sys", "ffi", "import"]) {
    assertEquals(await problemsUnder(...RIGHT, `--allow-${kind}`), [none(kind)]);
  }
});

Deno.test("checkGrants() requires that the socket is writable where there is one, and never all files", async () => {
  const required: Grants = { ...REQUIRED, write: ["/tmp/a.sock"] };
  async function problems(...given: string[]): Promise<string> {
    const args = ["run", "--no-prompt", ...RIGHT, ...given, PROBE, JSON.stringify(required)];
    return new TextDecoder().decode((await new Deno.Command(Deno.execPath(), { args }).output()).stdout);
  }
  assertEquals(await problems("--allow-write=/tmp/a.sock"), "");
  assertEquals(await problems(), "--allow-write: missing_grant: is missing /tmp/a.sock\n");
  for (const whole of ["--allow-write", "--allow-write=/"]) {
    assertEquals(
      await problems(whole),
      "--allow-write: unrestricted_grant: is unrestricted; list what is needed\n",
    );
  }
});

Deno.test("checkGrants() treats the right to read / as the right to read everything", async () => {
  const others = RIGHT.filter((flag) => !flag.startsWith("--allow-read"));
  assertEquals(await problemsUnder(...others, "--allow-read=/"), [
    "--allow-read: unrestricted_grant: is unrestricted; list what is needed",
  ]);
});

Deno.test("missingGrants() names what a new table needs beyond the flags of the start, and nothing else", async () => {
  const oauth2 = {
    token_url: "https://t.example/",
    client_id: "c",
    grant: "refresh_token",
    refresh_token_env: "R",
  };
  const route = { auth_scheme: "Bearer", upstream: "https://a.example" };
  const routes = [
    { ...route, path: "/a/", token_from: { oauth2 } },
    { ...route, path: "/b/", token_file: "/run/secrets/b" },
  ];
  async function missing(...given: string[]): Promise<string> {
    const nothing = JSON.stringify({ net: [], read: [], write: [], env: [] });
    const args = [
      "run",
      "--no-prompt",
      ...given,
      PROBE,
      nothing,
      "reload",
      JSON.stringify({ routes }),
      "/var/x",
    ];
    return new TextDecoder().decode((await new Deno.Command(Deno.execPath(), { args }).output()).stdout);
  }
  const lines = [
    "--allow-net: restart_needed: is missing a.example:443; restart the service to grant it\n",
    "--allow-net: restart_needed: is missing t.example:443; restart the service to grant it\n",
    "--allow-read: restart_needed: is missing /run/secrets; restart the service to grant it\n",
    "--allow-write: restart_needed: is missing /var/x; restart the service to grant it\n",
  ];
  assertEquals(await missing(), lines.join(""));
  const all = [
    "--allow-net=a.example:443,t.example:443",
    "--allow-read=/run/secrets",
    "--allow-write=/var/x",
  ];
  assertEquals(await missing(...all), "");
  for (const [at, flag] of ["--allow-net=t.example:443", ...all.slice(1)].entries()) {
    const others = at === 0 ? all.slice(1) : all.filter((each) => each !== flag);
    const given = at === 0 ? [...others, flag] : others;
    assertEquals(await missing(...given), lines[at === 0 ? 0 : at + 1]);
  }
});

Deno.test("revokeAfterStart() gives back the environment and the listener's address, and the listener serves on", async () => {
  const args = ["run", "--no-prompt", ...RIGHT, PROBE, JSON.stringify(REQUIRED), "listen"];
  await using child = new Deno.Command(Deno.execPath(), { args, stdout: "piped", stderr: "piped" }).spawn();
  const reader = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
  const port = Number((await reader.read()).value);
  for (let request = 0; request < 2; request++) {
    const response = await fetch(`http://127.0.0.1:${port}`, { headers: { connection: "close" } });
    assertEquals(await response.text(), "served");
  }
  await reader.cancel();
  assertEquals(
    await new Response(child.stdout).text(),
    "127.0.0.1:0 prompt\n127.0.0.1:9100 granted\na.example:443 granted\nA prompt\nB prompt\n",
  );
});
