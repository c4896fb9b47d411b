import { assert, assertEquals } from "@std/assert";
import { type Filter, hrefOf, parseFilter, passes } from "../../lib/admin/filter.ts";
import { History } from "../../lib/admin/history.ts";
import { renderPage } from "../../lib/admin/page.ts";
import type { PageData } from "../../lib/admin/page_data.ts";
import { Traffic } from "../../lib/admin/traffic.ts";
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
      health: undefined,
      connections: 5,
    }],
    filter: {},
    clients: [],
    tokens: [],
    issued: [],
    setup: "curl http://127.0.0.1:9099/a/",
    minutes: history.minutes(NOW),
    hour: history.routes(NOW),
    hourByClient: history.clients(NOW),
    current: [],
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
  const status = {
    renewed: NOW - 600_000,
    expiry: NOW + 3_000_000,
    failure: { time: NOW - 61_000, text: "responded with <500>" },
    refreshes: { succeeded: 3, failed: 1 },
  };
  const issued = { route: "/b/", client: undefined, token: "github_app at api.github.com", status };
  const text = renderPage(dataOf({ issued: [issued] }));
  const cells = ["02:54:05", "10 min", "in 50 min", "3, 1 failed", "03:03:04 responded with &#60;500&#62;"];
  for (const cell of [issued.route, issued.token, ...cells]) assert(text.includes(`>${cell}</td>`), cell);
  const late = renderPage(dataOf({ issued: [{ ...issued, status: { ...status, expiry: NOW - 90_000 } }] }));
  assert(late.includes(">1 min ago</td>"));
  assert(!renderPage(dataOf()).includes("Tokens from issuers"));
});

Deno.test("renderPage() shows whose own token each is, and of many those first that failed or expire soon", () => {
  const own = (count: number, failed = false) => ({
    route: "/b/",
    client: `client-${count}`,
    token: "oauth2 at issuer.test",
    status: {
      renewed: NOW,
      expiry: NOW + count * 60_000,
      failure: failed ? { time: NOW, text: "responded with 500" } : undefined,
      refreshes: { succeeded: 1, failed: 0 },
    },
  });
  const issued = [...Array.from({ length: 299 }, (_, count) => own(299 - count)), own(1000, true)];
  const text = renderPage(dataOf({ issued }));
  const shown = [...text.matchAll(/>client-(\d+)<\/td>/g)].map(([, count]) => Number(count));
  assertEquals(shown, [1000, ...Array.from({ length: 199 }, (_, count) => count + 1)]);
  assert(text.includes("and 100 more"));
  const narrowed = renderPage(dataOf({ issued, filter: { client: "client-7" } }));
  assertEquals([...narrowed.matchAll(/>client-(\d+)<\/td>/g)].map(([, count]) => count), ["7"]);
});

Deno.test("renderPage() escapes what a client made up", () => {
  const path = '/a/<img src=x onerror="alert(1)">';
  const text = renderPage(dataOf({
    recent: [entryOf({ path, method: "<B>" })],
    hour: new Map([["<i>", new Traffic()]]),
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
  assert(/<td class="wrap refused">A_KEY unset<\/td>/.test(text), text);
  assert(text.includes(">(no route)</a>"));
});

/** The data of a page about two clients on two routes, narrowed to what the filter says. */
function busyData(filter: Filter = {}): PageData {
  const history = new History();
  const entries = [
    entryOf({ route: "/a/", clientName: "coder", path: "/a/coder" }),
    entryOf({ route: "/b/", clientName: "coder", path: "/b/coder", status: 502, error: "upstream_failed" }),
    entryOf({ route: "/a/", clientName: "ci", path: "/a/ci", status: 429, error: "rate_limited" }),
  ];
  for (const entry of entries) history.record(entry, NOW);
  const client = { proof: "a token's hash", problem: undefined, routes: "/a/", inFlight: 1, maxInFlight: 5 };
  return dataOf({
    filter,
    clients: [{ name: "coder", ...client }, { name: "ci", ...client, problem: "(expired)" }],
    tokens: [
      { route: "/a/", token: "A_KEY", acceptedAt: NOW - 90_000, refusedAt: NOW, refusedSince: NOW - 60_000 },
    ],
    minutes: history.minutes(NOW, filter),
    hour: history.routes(NOW),
    hourByClient: history.clients(NOW, filter.route),
    current: [entryOf({ status: 0, time: NOW - 65_000, clientName: "ci", path: "/a/slow" })]
      .filter((entry) => passes(entry, filter)),
    recent: entries.filter((entry) => passes(entry, filter)),
  });
}

Deno.test("renderPage() shows what each client did, what is in flight, and which token is refused", () => {
  const text = renderPage(busyData());
  for (
    const part of [
      '<a href="?client=coder">coder</a>',
      "(expired)",
      ">1 of 5<",
      "<td>1 min</td>",
      ">/a/slow<",
      ">waiting<",
      "<b>A_KEY</b> has been refused by the upstream of ",
      "for 1 min (last accepted at 03:02:35)",
    ]
  ) assert(text.includes(part), part);
});

Deno.test("renderPage() narrows all that it shows to a route, a client or an outcome, and links back", () => {
  const shown = (filter: Filter) => {
    const text = renderPage(busyData(filter));
    return ["/a/coder", "/b/coder", "/a/ci", "/a/slow"].filter((path) => text.includes(`>${path}<`)).join(
      " ",
    );
  };
  assertEquals(
    [
      shown({}),
      shown({ route: "/a/" }),
      shown({ client: "coder" }),
      shown({ client: "coder", route: "/b/" }),
    ],
    ["/a/coder /b/coder /a/ci /a/slow", "/a/coder /a/ci /a/slow", "/a/coder /b/coder", "/b/coder"],
  );
  assertEquals(
    [shown({ outcome: "refused" }), shown({ outcome: "failed" }), shown({ client: "nobody" })],
    ["/a/ci", "/b/coder", ""],
  );
  const text = renderPage(busyData({ route: "/a/", client: "coder" }));
  assert(text.includes('<a href="?client=coder">×</a>') && text.includes('<a href="./">show all</a>'), text);
  // Counts of one client are known for its routes, its delays are not.
  assert(text.includes(": 1 served<") && !text.includes("Time to first byte"), text);
});

Deno.test("renderPage() says how to begin while there has been no request, and charts no more than the uptime", () => {
  const empty = renderPage(dataOf({ inFlight: 0 }));
  assert(
    empty.includes("No request yet") && empty.includes("<pre>curl http://127.0.0.1:9099/a/</pre>"),
    empty,
  );
  const recent = [entryOf()];
  const spans = [60_000, 20 * 60_000, 7_200_000].map((up) =>
    /<span>(\S+ \S+ ago)<\/span>/.exec(renderPage(dataOf({ recent, startTime: NOW - up })))?.[1]
  );
  assertEquals(spans, ["10 min ago", "21 min ago", "an hour ago"]);
});

Deno.test("a page's filter survives its way through a link, and anything else in a query is ignored", () => {
  const filters: Filter[] = [{}, { route: "/a b/&x=?" }, { route: "", client: "a@b" }, { outcome: "failed" }];
  for (const filter of filters) {
    const { route, client, outcome } = filter;
    assertEquals(parseFilter(hrefOf(filter).replace(/^\.\/|^\?/, "")), { route, client, outcome });
  }
  assertEquals(parseFilter("outcome=x&y=1&%zz"), { route: undefined, client: undefined, outcome: undefined });
});

Deno.test("renderPage() shows the busiest of a thousand clients and routes, and how many more there are", () => {
  const history = new History();
  const names = Array.from({ length: 1000 }, (_, at) => `c${at}`);
  for (const name of names) history.record(entryOf({ clientName: name, route: `/${name}/` }), NOW);
  history.record(entryOf({ clientName: "c999", route: "/c999/" }), NOW);
  const [route] = dataOf().routes;
  const client = { proof: "x", problem: undefined, routes: "all", inFlight: 0, maxInFlight: undefined };
  const text = renderPage(dataOf({
    routes: names.map((name) => ({ ...route!, name: `/${name}/` })),
    clients: names.map((name) => ({ ...client, name })),
    hour: history.routes(NOW),
    hourByClient: history.clients(NOW),
  }));
  assertEquals(text.split("and 800 more, with fewer requests").length, 3);
  assert(text.includes(">c999<") && text.includes(">/c999/<") && text.length < 700_000, String(text.length));
});
