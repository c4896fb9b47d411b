import { assertEquals, assertMatch } from "@std/assert";
import { exposureWarning } from "../../lib/server/exposure.ts";
import { parseSettings } from "../../lib/config/settings/settings.ts";
import { valueOf } from "../support/result.ts";

/** Returns the warning for an address to listen on. */
function warning(bind: string, { hasClientTokens = false, pid = 4711 } = {}): string | undefined {
  const settings = valueOf(parseSettings((name) => name === "CRED_PROXY_BIND" ? bind : undefined));
  return exposureWarning({ settings, hasClientTokens, pid });
}

Deno.test("exposureWarning() warns of a listener that others reach and everyone may use", () => {
  for (
    const bind of [
      "",
      "0.0.0.0",
      "::",
      "[::]",
      "192.0.2.7",
      "10.0.0.1",
      "127.example.com",
      "example.com",
      "fe80::1",
    ]
  ) {
    assertMatch(warning(bind) ?? "", /^warning: everyone who reaches \S+ may use these routes; set /, bind);
  }
});

Deno.test("exposureWarning() is silent on loopback, with client tokens, and as a container's first process", () => {
  for (const bind of ["127.0.0.1", "127.1.2.3", "::1", "localhost", "LocalHost", "[::ffff:127.0.0.1]"]) {
    assertEquals(warning(bind), undefined, bind);
  }
  assertEquals(warning("0.0.0.0", { hasClientTokens: true }), undefined);
  assertEquals(warning("0.0.0.0", { pid: 1 }), undefined);
});
