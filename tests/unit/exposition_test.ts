import { assert, assertEquals } from "@std/assert";
import parse from "parse-prometheus-text-format";
import { type Family, formatExposition } from "../../lib/metrics/exposition.ts";
import { metricFamilies } from "../../lib/metrics/metric_families.ts";
import { Histogram } from "../../lib/metrics/histogram.ts";
import { Meters } from "../../lib/metrics/meters.ts";
import { entryOf } from "../support/log_entry.ts";
import { promtool } from "../support/promtool.ts";

/** What the parser returns; the package has no types. */
interface Parsed {
  readonly name: string;
  readonly type: string;
  readonly metrics: readonly { readonly value?: string; readonly labels?: Record<string, string> }[];
}

const STATE = {
  inFlight: 3,
  webSockets: 2,
  draining: false,
  accepting: true,
  startTime: 1_700_000_000_500,
  lost: { connections: 4, uploads: 6 },
  memory: 12_345,
  tokens: [{ route: "/a/", client: "", expiresIn: 59.5, refreshes: { succeeded: 2, failed: 1 } }],
  clients: [{ name: "coder", inFlight: 1 }],
  tokenHealth: [{
    route: "/a/",
    token: "A_TOKEN",
    acceptedAt: 1_700_000_001_000,
    refusedAt: undefined,
    refusedSince: undefined,
  }],
};

/** The metrics of a service with some history. */
function example(): Family[] {
  const meters = new Meters();
  meters.route("/a/").connections.open()();
  meters.route("/a/").connections.open();
  meters.record(entryOf({ firstByteMs: 30, durationMs: 2000, bytesUp: 7 }));
  meters.record(entryOf({ status: 502, error: "upstream_failed", firstByteMs: undefined }));
  meters.record(entryOf({ outcome: "upstream_aborted" }));
  meters.record(entryOf({ status: 0, outcome: "client_aborted" }));
  meters.record(entryOf({ status: 404, error: "no_route", route: undefined }));
  meters.record(entryOf({ status: 404, route: 'we"ird\\\n' }));
  for (const status of [200, 204, 401, 403, 404, 429, 500, 529]) {
    meters.record(entryOf({ route: "/b/", status, clientName: "coder" }));
  }
  meters.record(entryOf({ route: "/b/", status: 429, error: "rate_limited", clientName: "coder" }));
  meters.tokenReloads.taken++;
  return metricFamilies(meters, STATE);
}

/** The value of a sample in the text. */
function sample(text: string, name: string): string | undefined {
  return text.split("\n").find((line) => line.startsWith(`${name} `))?.slice(name.length + 1);
}

Deno.test("formatExposition() writes the text format exactly", () => {
  const delays = new Histogram([0.1, 1]);
  for (const value of [0.05, 0.5, 0.5, 7]) delays.observe(value);
  assertEquals(
    formatExposition([
      { name: "x_total", help: "A \\ and\na line.", samples: { type: "counter", values: [[{}, 1]] } },
      { name: "y", help: "Y.", samples: { type: "gauge", values: [[{ a: 'q"\\\n', b: "2" }, 1.5]] } },
      { name: "z_seconds", help: "Z.", samples: { type: "histogram", values: [[{ r: "1" }, delays]] } },
    ]),
    `# HELP x_total A \\\\ and\\na line.
# TYPE x_total counter
x_total 1
# HELP y Y.
# TYPE y gauge
y{a="q\\"\\\\\\n",b="2"} 1.5
# HELP z_seconds Z.
# TYPE z_seconds histogram
z_seconds_bucket{r="1",le="0.1"} 1
z_seconds_bucket{r="1",le="1"} 3
z_seconds_bucket{r="1",le="+Inf"} 4
z_seconds_sum{r="1"} 8.05
z_seconds_count{r="1"} 4
`,
  );
});

Deno.test("metricFamilies() counts each request under its route, status class and code", () => {
  const text = formatExposition(example());
  const expected: [name: string, value: string][] = [
    ['cred_proxy_requests_total{route="/a/",code="2xx"}', "2"],
    ['cred_proxy_requests_total{route="/a/",code="5xx"}', "1"],
    ['cred_proxy_requests_total{route="/a/",code="none"}', "1"],
    ['cred_proxy_requests_total{route="",code="4xx"}', "1"],
    ['cred_proxy_request_duration_seconds_bucket{route="/a/",le="1"}', "3"],
    ['cred_proxy_request_duration_seconds_bucket{route="/a/",le="2.5"}', "4"],
    ['cred_proxy_response_first_byte_seconds_count{route="/a/"}', "3"],
    ['cred_proxy_request_content_bytes_total{route="/a/"}', "7"],
    ['cred_proxy_response_content_bytes_total{route="/a/"}', "48"],
    ['cred_proxy_replies_unfinished_total{route="/a/",by="upstream"}', "1"],
    ['cred_proxy_replies_unfinished_total{route="/a/",by="client"}', "1"],
    ["cred_proxy_requests_in_flight", "3"],
    ['cred_proxy_upstream_responses_total{route="/a/",client="",status="2xx"}', "2"],
    ['cred_proxy_upstream_responses_total{route="/b/",client="coder",status="2xx"}', "2"],
    ['cred_proxy_upstream_responses_total{route="/b/",client="coder",status="401"}', "1"],
    ['cred_proxy_upstream_responses_total{route="/b/",client="coder",status="403"}', "1"],
    ['cred_proxy_upstream_responses_total{route="/b/",client="coder",status="429"}', "1"],
    ['cred_proxy_upstream_responses_total{route="/b/",client="coder",status="4xx"}', "1"],
    ['cred_proxy_upstream_responses_total{route="/b/",client="coder",status="529"}', "1"],
    ['cred_proxy_upstream_responses_total{route="/b/",client="coder",status="5xx"}', "1"],
    ['cred_proxy_client_refusals_total{client="coder",code="rate_limited"}', "1"],
    ['cred_proxy_client_requests_in_flight{client="coder"}', "1"],
    ['cred_proxy_token_refused{route="/a/",token="A_TOKEN"}', "0"],
    ['cred_proxy_token_accepted_timestamp_seconds{route="/a/",token="A_TOKEN"}', "1700000001"],
    ["cred_proxy_draining", "0"],
    ['cred_proxy_upstream_connections_open{route="/a/"}', "1"],
    ['cred_proxy_upstream_connections_opened_total{route="/a/"}', "2"],
    ['cred_proxy_refusals_total{code="upstream_failed"}', "1"],
    ['cred_proxy_refusals_total{code="no_route"}', "1"],
    ['cred_proxy_refusals_total{code="overloaded"}', "0"],
    ['cred_proxy_token_reloads_total{result="taken"}', "1"],
    ['cred_proxy_token_expires_seconds{route="/a/",client=""}', "59.5"],
    ['cred_proxy_token_refreshes_total{route="/a/",client="",result="issued"}', "2"],
    ['cred_proxy_token_refreshes_total{route="/a/",client="",result="failed"}', "1"],
    ['cred_proxy_table_reloads_total{result="refused"}', "0"],
    ["cred_proxy_client_connections_lost_total", "4"],
    ["cred_proxy_uploads_lost_total", "6"],
    ["process_start_time_seconds", "1700000000.5"],
    ["process_resident_memory_bytes", "12345"],
  ];
  for (const [name, value] of expected) assertEquals(sample(text, name), value, name);
});

Deno.test("metricFamilies() returns metrics that a parser of the format accepts", () => {
  const parsed: readonly Parsed[] = parse(formatExposition(example()));
  assertEquals(parsed.map(({ name }) => name), example().map(({ name }) => name));
  for (const { name, type, metrics } of parsed) {
    assert(metrics.length > 0, name);
    assertEquals(type === "COUNTER", name.endsWith("_total"), name);
  }
  const escaped = parsed.find(({ name }) => name === "cred_proxy_requests_total")?.metrics
    .find(({ labels }) => labels?.route?.startsWith("we") && labels?.code === "4xx");
  assertEquals(escaped?.value, "1");
});

Deno.test({
  name: "metricFamilies() passes `promtool check metrics`",
  ignore: promtool === undefined,
  fn: async () => assertEquals(await promtool!(formatExposition(example())), ""),
});

Deno.test("metricFamilies() keeps the number of series within bounds, whatever the clients are called", () => {
  const meters = new Meters();
  for (let count = 0; count < 10_100; count++) {
    meters.record(entryOf({ status: 200, clientName: `client-${count}` }));
  }
  const responses = [...meters.responses.list()];
  assertEquals([responses.length, responses.at(-1)], [
    10_001,
    { route: "/a/", client: "(others)", status: "2xx", count: 100 },
  ]);
});
