/**
 * What a hostile client does to a service, as a program of its own: all attacks that its arguments name, at once and again
 * and again, until its stdin ends.
 *
 *     attacks.ts HOST PORT NAME…
 *
 * @module
 */

import { join, latin1, writeAll } from "../support/bytes.ts";
import { PREFACE } from "../support/http2_frames.ts";
import { delay, KIB, MIB } from "./workload.ts";

const hostname = Deno.args[0] ?? "";
const port = Number(Deno.args[1]);
let id = 1_000_000_000;
let over = false;

/** One attack: opens connections and uses them until they end. */
type Attack = () => Promise<void>;

function connect(): Promise<Deno.TcpConn> {
  return Deno.connect({ hostname, port });
}

function get(path: string, method = "GET"): string {
  return `${method} ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
}

/** Opens a connection and does something with it for a time, in milliseconds. What goes wrong is the service's defence. */
async function use(ms: number, act: (conn: Deno.TcpConn) => Promise<void>): Promise<void> {
  try {
    using conn = await connect();
    const timer = setTimeout(() => {
      try {
        conn.close();
      } catch {
        // Closed already.
      }
    }, ms);
    try {
      await act(conn);
    } finally {
      clearTimeout(timer);
    }
  } catch {
    await delay(20);
  }
}

/** Reads and drops what comes. @param pauseMs After each read. */
async function drain(conn: Deno.TcpConn, pauseMs = 0): Promise<void> {
  const buffer = new Uint8Array(64 * KIB);
  while (await conn.read(buffer) !== null) if (pauseMs > 0) await delay(pauseMs);
}

/** Sends the same bytes on and on, about so many per second. */
async function pour(conn: Deno.TcpConn, bytes: Uint8Array, perSecond: number): Promise<void> {
  for (;;) {
    await writeAll(conn, bytes);
    await delay(bytes.length / perSecond * 1000);
  }
}

/** Does it on so many connections at once. */
function times(count: number, ms: number, act: (conn: Deno.TcpConn) => Promise<void>): Attack {
  return async () => {
    await Promise.all(Array.from({ length: count }, () => use(ms, act)));
  };
}

const UNFINISHED = latin1(`GET /bearer/x HTTP/1.1\r\nHost: x\r\n${"X-A: ".padEnd(60_000, "z")}`);
const CHUNK = join([latin1("10000\r\n"), new Uint8Array(64 * KIB), latin1("\r\n")]);

/** An HTTP/2 connection with 50 POSTs that have no end: SETTINGS, and for each a HEADERS frame. */
const POSTS = (() => {
  const literal = (name: string, value: string) =>
    `\0${String.fromCharCode(name.length)}${name}${String.fromCharCode(value.length)}${value}`;
  const fields = [[":method", "POST"], [":scheme", "http"], [":path", "/bearer/sink/1/1/1"], [
    ":authority",
    "x",
  ], ["host", "x"]];
  const block = fields.map(([name = "", value = ""]) => literal(name, value)).join("");
  const frame = (type: number, flags: number, stream: number, payload: string) =>
    String.fromCharCode(0, payload.length >> 8, payload.length & 255, type, flags, 0, 0, 0, stream) + payload;
  const heads = Array.from({ length: 50 }, (_, index) => frame(1, 4, 1 + 2 * index, block));
  return latin1(PREFACE + frame(4, 0, 0, "") + heads.join(""));
})();

const ATTACKS: Readonly<Record<string, Attack>> = {
  idle: times(1_000, 10_000, (conn) => drain(conn)),
  heads: times(200, 5_000, async (conn) => {
    await writeAll(conn, UNFINISHED);
    await drain(conn);
  }),
  unread: times(50, 10_000, async (conn) => {
    await writeAll(conn, latin1(get(`/bearer/chunked/${id++}/${10 * MIB}`)));
    await delay(10_000);
  }),
  tiny: times(4, 5_000, async (conn) => {
    await writeAll(conn, latin1(get(`/bearer/tiny/${id++}`)));
    await drain(conn);
  }),
  pipeline: times(100, 5_000, async (conn) => {
    await Promise.all([drain(conn), pour(conn, latin1(get("/nowhere").repeat(200)), MIB)]);
  }),
  upload: times(4, 5_000, async (conn) => {
    await writeAll(
      conn,
      latin1(`POST /bearer/no/${id++} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n`),
    );
    await Promise.all([drain(conn), pour(conn, CHUNK, 10 * MIB)]);
  }),
  posts: times(2, 5_000, async (conn) => {
    await writeAll(conn, POSTS);
    await drain(conn);
  }),
  late: times(4, 5_000, async (conn) => {
    for (;;) {
      await writeAll(conn, latin1(get(`/bearer/late/${id++}`)));
      await conn.read(new Uint8Array(KIB));
      await delay(200);
    }
  }),
  ahead: async () => {
    await delay(5_000);
    await use(10_000, async (conn) => {
      await writeAll(conn, latin1(get(`/bearer/slow/${id++}`)));
      await Promise.all([drain(conn), pour(conn, latin1(get("/nowhere").repeat(2_000)), 200 * MIB)]);
    });
  },
  "ahead of HEAD": async () => {
    await delay(8_000);
    await use(10_000, async (conn) => {
      await writeAll(conn, latin1(get(`/bearer/slow/${id++}`, "HEAD")));
      await Promise.all([drain(conn), pour(conn, latin1(get("/nowhere", "HEAD").repeat(2_000)), 200 * MIB)]);
    });
  },
  "all heads": times(2_800, 5_000, async (conn) => {
    await writeAll(conn, UNFINISHED);
    await drain(conn);
  }),
};

for (const name of Deno.args.slice(2)) {
  (async () => {
    while (!over) await ATTACKS[name]!();
  })();
}
for await (const _ of Deno.stdin.readable);
over = true;
Deno.exit();
