import { readText } from "../config/load/read_text.ts";
import type { IssuerConfig, RouteTable, Upstream } from "../config/route/route_config.ts";
import { isAbsolute } from "../config/route/token_file.ts";
import { upstreamText } from "../config/route/upstream_url.ts";
import { type Egress, egressFor } from "../config/settings/egress.ts";
import { errorText } from "../core/error_text.ts";
import { fail, ok, type Problem, problemsOf, type Result } from "../core/result.ts";
import type { Deadlines } from "../upstream/deadlines.ts";
import { Http1Transport } from "../upstream/http1_transport.ts";
import type { Source } from "../upstream/source.ts";
import type { Transport } from "../upstream/transport.ts";
import { Issuer } from "./issuer.ts";
import { IssuerKeys, type KeySource } from "./issuer_keys.ts";
import { KEY_SET_LIMIT, KeySet } from "./key_set.ts";

/** How long a connection, the head of a response and its content may each take, in milliseconds. */
const TIMEOUT_MS = 10_000;

/** How key sets are read. */
export interface IssuerOptions {
  /** The table's folder, below which the files are. */
  readonly folder: string;
  /** Authorities trusted in addition to the built-in ones, in PEM. */
  readonly caCerts: readonly string[];
  readonly egress: Egress;
  readonly deadlines: Deadlines;
  /** Prints a line for the operator. */
  report(line: string): void;
}

/** Opens the issuers of a table, and begins to read their keys. */
export function openIssuers(issuers: readonly IssuerConfig[], options: IssuerOptions): readonly Issuer[] {
  return issuers.map((config) => {
    const source = config.keys.kind === "file"
      ? fileSource(pathOf(config.keys.file, options.folder))
      : urlSource(config.keys.url, options);
    const keys = new IssuerKeys(source, options.report);
    keys.renew();
    return new Issuer(config, keys);
  });
}

/** Reads the key sets that are in files, and returns what is wrong with them. */
export async function checkKeyFiles(
  { issuers }: Pick<RouteTable, "issuers">,
  folder: string,
): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  for (const { keys } of issuers) {
    if (keys.kind !== "file") continue;
    const path = pathOf(keys.file, folder);
    const text = await readText(path);
    problems.push(...problemsOf(text.ok ? await KeySet.parse(text.value, path) : text));
  }
  return problems;
}

function pathOf(file: string, folder: string): string {
  return isAbsolute(file) ? file : `${folder}/${file}`;
}

/** A file is cheap to read, so that a key that was removed is soon no longer accepted. */
function fileSource(path: string): KeySource {
  return { name: path, maxAgeMs: 5_000, minIntervalMs: 1_000, read: () => readText(path) };
}

function urlSource(url: Upstream, options: IssuerOptions): KeySource {
  const name = upstreamText(url);
  const transport = new Http1Transport({
    upstream: url,
    connectTimeoutMs: TIMEOUT_MS,
    responseTimeoutMs: TIMEOUT_MS,
  }, {
    caCerts: options.caCerts,
    egress: egressFor(options.egress, url),
    deadlines: options.deadlines,
  });
  return { name, maxAgeMs: 10 * 60_000, minIntervalMs: 60_000, read: () => fetchText(transport, url) };
}

/** Reads a whole body, or cancels it and returns undefined if it is too large. */
async function textOf(body: Source): Promise<string | undefined> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let text = "";
  for (let bytes = await body.next(); bytes !== undefined; bytes = await body.next()) {
    text += decoder.decode(bytes, { stream: true });
    if (text.length > KEY_SET_LIMIT) return void body.cancel();
  }
  return text + decoder.decode();
}

async function fetchText(transport: Transport, url: Upstream): Promise<Result<string>> {
  const path = upstreamText(url);
  try {
    const response = await transport.roundTrip({
      method: "GET",
      target: url.base === "" ? "/" : url.base,
      fields: [
        ["host", url.authority],
        ["accept", "application/jwk-set+json, application/json"],
        ["accept-encoding", "identity"],
        ["user-agent", "cred-proxy"],
      ],
      framing: { kind: "none" },
      body: null,
      onBodySent() {},
      isClientGone: () => false,
    });
    if (response.kind === "protocol_change") {
      response.connection.close();
      return fail(path, "unreadable", "can't be read (unrequested protocol change)");
    }
    const { head, body } = response;
    if (head.status !== 200) {
      body.cancel();
      return fail(path, "unreadable", `can't be read (status ${head.status})`);
    }
    const timer = setTimeout(() => body.cancel(), TIMEOUT_MS);
    try {
      const text = await textOf(body);
      return text === undefined
        ? fail(path, "too_large", `is larger than ${KEY_SET_LIMIT / 1024} KiB`)
        : ok(text);
    } finally {
      clearTimeout(timer);
    }
  } catch (error) {
    return fail(path, "unreadable", `can't be read (${errorText(error)})`);
  } finally {
    // It will not be needed again for minutes.
    transport.close();
  }
}
