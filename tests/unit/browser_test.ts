import { assertEquals, assertThrows } from "@std/assert";
import { Refusal } from "../../lib/http/refusal.ts";
import { assertNoBrowser, isFromBrowser } from "../../lib/proxy/browser.ts";

Deno.test("a request is from a web page if it has either of the fields that only browsers send", () => {
  const cases: [fields: Record<string, string>, expected: boolean][] = [
    [{}, false],
    // Node's fetch sends it too.
    [{ "sec-fetch-mode": "cors", referer: "http://a.test/" }, false],
    [{ origin: "null" }, true],
    [{ "sec-fetch-site": "none" }, true],
    [{ origin: "http://a.test", "sec-fetch-site": "cross-site" }, true],
  ];
  for (const [fields, expected] of cases) {
    const headers = new Headers(fields);
    assertEquals(isFromBrowser(headers), expected, JSON.stringify(fields));
    if (expected) assertEquals(assertThrows(() => assertNoBrowser(headers), Refusal).code, "browser_refused");
    else assertNoBrowser(headers);
  }
});
