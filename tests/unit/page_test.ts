import { assert, assertEquals } from "@std/assert";
import { History } from "../../lib/admin/history.ts";
import { html } from "../../lib/admin/html.ts";
import { page, type PageData } from "../../lib/admin/page.ts";
import { bars, lines } from "../../lib/admin/plot.ts";
import { delay, size, span } from "../../lib/admin/units.ts";
import { entryOf } from "../support/log_entry.ts";

Deno.test("html`` escapes all that is not HTML already", () => {
  const inner = html`<b>${"<&>\"'"}</b>`;
  assertEquals(String(inner), "<b>&#60;&#38;&#62;&#34;&#39;</b>");
  assertEquals(String(html`${inner}|${[1, undefined, "<"]}`), `${inner}|1&#60;`);
});

Deno.test("units are written as people read them", () => {
  const sizes: [number, string][] = [
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1 kB"],
    [1234, "1.23 kB"],
    [999_400, "999 kB"],
    [999_600, "1 MB"],
    [45_600_000, "45.6 MB"],
    [7e15, "7000 TB"],
  ];
  for (const [bytes, text] of sizes) assertEquals(size(bytes), text);
  const delays: [number, string][] = [
    [0.000_04, "0.04 ms"],
    [0.0123, "12.3 ms"],
    [0.9996, "1 s"],
    [1.234, "1.23 s"],
    [75, "75 s"],
    [90, "1 min"],
  ];
  for (const [seconds, text] of delays) assertEquals(delay(seconds), text);
  const spans: [number, string][] = [[59.9, "59 s"], [60, "1 min"], [3600, "1 h 0 min"], [90_000, "1 d 1 h"]];
  for (const [seconds, text] of spans) assertEquals(span(seconds), text);
});

const OPTIONS = { title: "T", unit: (value: number) => `${value}u`, moment: (at: number) => `m${at}` };

Deno.test("bars() stack up to the highest sum, and draw nothing for nothing", () => {
  const plot = String(bars([
    { name: "one", tone: "answered", values: [1, 0, 3] },
    { name: "two", tone: "failed", values: [1, 0, 1] },
  ], OPTIONS));
  const rects = [
    ...plot.matchAll(/<rect class="(\w+)" x="([\d.]+)" y="([\d.]+)" width="119" height="([\d.]+)"/g),
  ]
    .map(([, ...values]) => values.join());
  assertEquals(rects, [
    "answered,0.5,72,24",
    "failed,0.5,48,24",
    "answered,240.5,24,72",
    "failed,240.5,0,24",
  ]);
  assert(plot.includes("<title>m0: 1u one, 1u two</title>") && plot.includes(">4u<"), plot);
});

Deno.test("lines() break where there is nothing to tell, and draw a lone value as a dot", () => {
  const plot = String(lines([
    { name: "one", tone: "slow", values: [2, 1, undefined, 2] },
  ], OPTIONS));
  const paths = [...plot.matchAll(/<path class="(slow[^"]*)" d="([^"]*)"/g)].map(([, tone, d]) =>
    `${tone} ${d}`
  );
  assertEquals(paths, ["slow M45 0L135 48M315 0", "slow dot M315 0h0"]);
});

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);

/** A page's data, but for what the test says. */
function dataOf(differences: Partial<PageData> = {}): PageData {
  const history = new History();
  return {
    version: "1.2.3",
    now: NOW,
    startTime: NOW - 7_200_000,
    draining: false,
    inFlight: 2,
    maxInFlight: 1024,
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

Deno.test("page() tells how the service is", () => {
  const text = page(dataOf());
  assert(text.startsWith("<!doctype html>\n"), text.slice(0, 40));
  for (const part of ["cred-proxy 1.2.3", ">serving<", "for 2 h 0 min", "2 of at most 1024", "None yet."]) {
    assert(text.includes(part), part);
  }
  assert(page(dataOf({ draining: true })).includes(">stopping<"));
});

Deno.test("page() shows what an agent made up as text", () => {
  const path = '/a/<img src=x onerror="alert(1)">';
  const text = page(dataOf({
    recent: [entryOf({ path, method: "<B>" })],
    hour: new Map([["<i>", new History().minutes()[0]!]]),
  }));
  assert(!text.includes("<img") && !text.includes("<B>") && !text.includes("<i>"));
  assert(text.includes("/a/&#60;img src=x onerror=&#34;alert(1)&#34;&#62;"));
});

Deno.test("page() says of each request what happened", () => {
  const cases: [entry: Parameters<typeof entryOf>[0], said: string][] = [
    [{ status: 404, error: "no_route" }, "no_route"],
    [{ outcome: "upstream_aborted" }, "the upstream broke off"],
    [{ outcome: "client_aborted" }, "the client left"],
    [{ status: 503 }, "the upstream&#39;s own error"],
  ];
  for (const [entry, said] of cases) {
    assert(page(dataOf({ recent: [entryOf(entry)] })).includes(`>${said}<`), said);
  }
});

Deno.test("page() marks a token that is unset, and lists requests that no route was for", () => {
  const history = new History();
  history.record(entryOf({ status: 404, error: "no_route", route: undefined }), NOW);
  const [route] = dataOf().routes;
  const text = page(dataOf({ routes: [{ ...route!, tokenIsSet: false }], hour: history.routes(NOW) }));
  assert(/<td class="refused">A_KEY unset<\/td>/.test(text), text);
  assert(text.includes("<td>(no route)</td>"));
});
