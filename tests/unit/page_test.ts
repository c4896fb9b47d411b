import { assert } from "@std/assert";
import { History } from "../../lib/admin/history.ts";
import { renderPage } from "../../lib/admin/page.ts";
import type { PageData } from "../../lib/admin/page_data.ts";
import { entryOf } from "../support/log_entry.ts";

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);

/** A page's data with what the test changes. */
function dataOf(differences: Partial<PageData> = {}): PageData {
  const history = new History();
  return {
    version: "1.2.3",
    now: NOW,
    startTime: NOW - 7_200_000,
    draining: false,
    inFlight: 2,
    maxInFlight: 1024,
    webSockets: 0,
    routes: [{
      name: "/a/",
      upstream: "https://api.test/v1",
      token: "A_KEY",
      tokenIsSet: true,
      connections: 5,
    }],
    minutes: history.minutes(NOW),
    hour: history.routes(NOW),
    recent: [],
    ...differences,
  };
}

Deno.test("renderPage() shows the state of the service", () => {
  const text = renderPage(dataOf());
  assert(text.startsWith("<!doctype html>\n"), text.slice(0, 40));
  for (const part of ["cred-proxy 1.2.3", ">serving<", "up 2 h 0 min", "2 of at most 1024", "None yet."]) {
    assert(text.includes(part), part);
  }
  assert(renderPage(dataOf({ draining: true })).includes(">draining<"));
});

Deno.test("renderPage() shows kind, age, expiry, last renewal and last failure of a token from an issuer", () => {
  const route = {
    name: "/b/",
    upstream: "https://api.test",
    token: "github_app at api.github.com",
    tokenIsSet: true,
    connections: 0,
  };
  const minted = {
    renewed: NOW - 600_000,
    expiry: NOW + 3_000_000,
    failure: { time: NOW - 61_000, text: "responded with <500>" },
    refreshes: { succeeded: 3, failed: 1 },
  };
  const text = renderPage(dataOf({ routes: [{ ...route, minted }] }));
  const cells = ["02:54:05", "10 min", "in 50 min", "3, 1 failed", "03:03:04 responded with &#60;500&#62;"];
  for (const cell of [route.name, route.token, ...cells]) assert(text.includes(`>${cell}</td>`), cell);
  const late = renderPage(dataOf({ routes: [{ ...route, minted: { ...minted, expiry: NOW - 90_000 } }] }));
  assert(late.includes(">1 min ago</td>"));
  assert(!renderPage(dataOf({ routes: [route] })).includes("Tokens from issuers"));
});

Deno.test("renderPage() escapes what a client made up", () => {
  const path = '/a/<img src=x onerror="alert(1)">';
  const text = renderPage(dataOf({
    recent: [entryOf({ path, method: "<B>" })],
    hour: new Map([["<i>", new History().minutes()[0]!]]),
  }));
  assert(!text.includes("<img") && !text.includes("<B>") && !text.includes("<i>"));
  assert(text.includes("/a/&#60;img src=x onerror=&#34;alert(1)&#34;&#62;"));
});

Deno.test("renderPage() shows the outcome of each request", () => {
  const cases: [entry: Parameters<typeof entryOf>[0], text: string][] = [
    [{ status: 404, error: "no_route" }, "no_route"],
    [{ outcome: "upstream_aborted" }, "upstream aborted"],
    [{ outcome: "client_aborted" }, "client aborted"],
    [{ status: 503 }, "upstream error"],
  ];
  for (const [entry, expected] of cases) {
    assert(renderPage(dataOf({ recent: [entryOf(entry)] })).includes(`>${expected}<`), expected);
  }
});

Deno.test("renderPage() marks an unset token and lists requests that matched no route", () => {
  const history = new History();
  history.record(entryOf({ status: 404, error: "no_route", route: undefined }), NOW);
  const [route] = dataOf().routes;
  const text = renderPage(dataOf({ routes: [{ ...route!, tokenIsSet: false }], hour: history.routes(NOW) }));
  assert(/<td class="refused">A_KEY unset<\/td>/.test(text), text);
  assert(text.includes("<td>(no route)</td>"));
});
