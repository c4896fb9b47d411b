/**
 * The exact wording of messages, which the other tests leave open: they hold on to paths and codes.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { parseRoutes } from "../../lib/config/route/route_table.ts";
import { parsePem } from "../../lib/config/settings/ca_file.ts";
import { parseSettings } from "../../lib/config/settings/settings.ts";
import { linesOf } from "../support/result.ts";

const TESTDATA = new URL("../testdata/", import.meta.url);

const BAD_SETTINGS: readonly (readonly [variable: string, value: string])[] = [
  ["CRED_PROXY_ROUTES", "/routes.json"],
  ["CRED_PROXY_PORT", "tcp://10.0.0.1:9099"],
  ["CRED_PROXY_SOCKET", `/${"x".repeat(107)}`],
  ["CRED_PROXY_ADMIN", "127.0.0.1:9099"],
  ["HTTPS_PROXY", "https://me:hunter2@proxy"],
  ["HTTPS_PROXY", "http://hunter2/@proxy"],
  ["HTTPS_PROXY", "http://proxy/hunter2"],
  ["HTTPS_PROXY", "http://me:hunter2@proxy:0"],
  ["HTTPS_PROXY", "http://hunter%3a2:hunter2@proxy"],
  ["HTTPS_PROXY", "http://me:hunter2%@proxy"],
  ["HTTPS_PROXY", "http://me:hunter2%0a@proxy"],
];

const PEM = "-----BEGIN CERTIFICATE-----\nhunter2\n-----END CERTIFICATE-----\n";
const BAD_AUTHORITIES: readonly string[] = [
  "hunter2",
  PEM,
  PEM + PEM.split("\n")[0],
  PEM.replaceAll("CERTIFICATE", "PRIVATE KEY"),
];

Deno.test("problems are worded as in testdata/messages.txt, and quote no secret", () => {
  const folder = new URL("bad_tables/", TESTDATA);
  const tables = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) =>
    name.endsWith(".json")
  );
  const text = [
    ...tables.toSorted().flatMap((name) => [
      `# ${name}`,
      ...linesOf(parseRoutes(Deno.readTextFileSync(new URL(name, folder)))),
    ]),
    "# settings",
    ...BAD_SETTINGS.flatMap(([variable, value]) =>
      linesOf(parseSettings((name) => name === variable ? value : undefined))
    ),
    "# authorities",
    ...BAD_AUTHORITIES.flatMap((pem) => linesOf(parsePem(pem, "CRED_PROXY_CA_FILE"))),
  ].map((line) => `${line}\n`).join("");
  assert(!text.includes("hunter2"), "a secret is printed");
  assertEquals(text, Deno.readTextFileSync(new URL("messages.txt", TESTDATA)));
});
