/**
 * Other programs that do the job of a route: a path prefix, an injected `Authorization`, verified TLS to the upstream,
 * persistent connections, nothing buffered. Each uses one worker or thread.
 *
 * @module
 */

import { fromFileUrl, join } from "@std/path";
import { Log } from "../../tests/support/log.ts";
import { CHILD_PATIENCE, endChild } from "../../tests/support/run_main.ts";
import type { UpstreamAddress } from "../../tests/support/upstream_process.ts";
import { V8_FLAGS } from "../../tests/support/v8_flags.ts";
import { PREFIX } from "./setting.ts";
import type { Subject } from "./turns.ts";

/** The version of `http-proxy` that is installed. */
const HTTP_PROXY = "1.18.1";

const AUTHORIZATION = "Bearer made-up-token-of-the-benchmark-0123456789";

/** Where a peer runs. */
interface Place {
  /** A folder of its own. */
  readonly folder: string;
  /** The file of the upstream's authority. */
  readonly authorities: string;
  /** The port to listen on. */
  readonly port: number;
  readonly upstream: UpstreamAddress;
}

/** How a peer is started. */
interface Peer {
  /** The programs that it needs. */
  readonly needs: readonly string[];
  readonly command: (place: Place) => Promise<{ args: readonly string[]; env?: Record<string, string> }>;
}

/** All peers by name. */
const PEERS: ReadonlyMap<string, Peer> = new Map<string, Peer>([
  ["nginx", {
    needs: ["nginx"],
    command: async (place) => ({ args: ["nginx", "-c", await written(place, nginxConf(place))] }),
  }],
  ["haproxy", {
    needs: ["haproxy"],
    command: async (place) => ({ args: ["haproxy", "-db", "-f", await written(place, haproxyConf(place))] }),
  }],
  ["caddy", {
    needs: ["caddy"],
    command: async (place) => ({
      args: ["caddy", "run", "--adapter", "caddyfile", "--config", await written(place, caddyfile(place))],
      env: { GOMAXPROCS: "1", XDG_DATA_HOME: place.folder, XDG_CONFIG_HOME: place.folder },
    }),
  }],
  ["minimal", {
    needs: [],
    // Under the flags of the launcher.
    command: (place) =>
      Promise.resolve({
        args: [
          Deno.execPath(),
          "run",
          `--v8-flags=${V8_FLAGS}`,
          "--no-prompt",
          "--allow-net",
          `--allow-read=${place.authorities}`,
          fromFileUrl(new URL("./minimal_proxy.ts", import.meta.url)),
          PREFIX,
          String(place.upstream.port),
          place.authorities,
          String(place.port),
        ],
        env: { DENO_NO_UPDATE_CHECK: "1", MALLOC_ARENA_MAX: "1" },
      }),
  }],
  ["http-proxy", {
    needs: ["node", "npm"],
    command: async (place) => {
      await installHttpProxy(place.folder);
      const program = fromFileUrl(new URL("./http_proxy.mjs", import.meta.url));
      const upstream = `https://localhost:${place.upstream.port}`;
      return { args: ["node", program, PREFIX, upstream, place.authorities, String(place.port)] };
    },
  }],
]);

/** The names of all peers. */
export const PEER_NAMES: readonly string[] = [...PEERS.keys()];

/** Starts a peer; resolves to undefined if a program that it needs is not installed. */
export async function startPeer(name: string, upstream: UpstreamAddress): Promise<Subject | undefined> {
  const { needs, command } = PEERS.get(name)!;
  if (!(await Promise.all(needs.map(isInstalled))).every(Boolean)) return undefined;
  const folder = await Deno.makeTempDir({ prefix: "cred-proxy-bench-" });
  const authorities = join(folder, "ca.pem");
  await Deno.writeTextFile(authorities, upstream.ca);
  const port = freePort();
  const { args: [program, ...args], env = {} } = await command({ folder, authorities, port, upstream });
  const child = new Deno.Command(program!, {
    args,
    env,
    cwd: folder,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const stderr = new Log(child.stderr);
  async function end(): Promise<void> {
    await endChild(child, "SIGTERM");
    await stderr.done;
    await Deno.remove(folder, { recursive: true });
  }
  try {
    await listening(port, stderr);
    return { name, port, pid: child.pid, [Symbol.asyncDispose]: end };
  } catch (error) {
    await end();
    throw error;
  }
}

async function isInstalled(program: string): Promise<boolean> {
  const { success } = await new Deno.Command("sh", { args: ["-c", `command -v ${program}`], stdout: "null" })
    .output();
  return success;
}

/** Returns a port that was free a moment ago. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function listening(port: number, stderr: Log): Promise<void> {
  const until = performance.now() + CHILD_PATIENCE;
  for (;;) {
    try {
      const conn = await Deno.connect({ hostname: "127.0.0.1", port });
      return conn.close();
    } catch {
      if (performance.now() > until) throw new Error(`Nothing listens on ${port}: ${stderr.text}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

async function written({ folder }: Place, text: string): Promise<string> {
  const path = join(folder, "configuration");
  await Deno.writeTextFile(path, text);
  return path;
}

async function installHttpProxy(folder: string): Promise<void> {
  const { code, stderr } = await new Deno.Command("npm", {
    args: ["install", "--no-audit", "--no-fund", "--no-package-lock", `http-proxy@${HTTP_PROXY}`],
    cwd: folder,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
    signal: AbortSignal.timeout(120_000),
  }).output();
  if (code !== 0) throw new Error(`npm install ended with ${code}: ${new TextDecoder().decode(stderr)}`);
}

function nginxConf({ folder, authorities, port, upstream }: Place): string {
  return `
worker_processes 1; daemon off; pid ${folder}/pid; error_log stderr crit;
events { worker_connections 8192; }
http {
  access_log off; keepalive_requests 100000000; client_max_body_size 0;
  client_body_temp_path ${folder}/1; proxy_temp_path ${folder}/2; fastcgi_temp_path ${folder}/3;
  uwsgi_temp_path ${folder}/4; scgi_temp_path ${folder}/5;
  upstream u { server 127.0.0.1:${upstream.port}; keepalive 256; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:${port};
    location ${PREFIX} {
      proxy_pass https://u/; proxy_http_version 1.1; proxy_buffering off; proxy_request_buffering off;
      proxy_set_header Connection ""; proxy_set_header Host localhost; proxy_read_timeout 1h;
      proxy_set_header Authorization "${AUTHORIZATION}";
      proxy_ssl_trusted_certificate ${authorities}; proxy_ssl_verify on; proxy_ssl_name localhost;
      proxy_ssl_server_name on;
    }
  }
}
`;
}

function haproxyConf({ authorities, port, upstream }: Place): string {
  return `
global
  maxconn 8192
  nbthread 1
defaults
  mode http
  timeout client 1h
  timeout server 1h
  timeout connect 5s
  http-reuse always
frontend f
  bind 127.0.0.1:${port}
  default_backend b
backend b
  http-request replace-path ${PREFIX}(.*) /\\1
  http-request set-header Authorization "${AUTHORIZATION}"
  http-request set-header Host localhost
  server s 127.0.0.1:${upstream.port} ssl verify required ca-file ${authorities} sni str(localhost) verifyhost localhost
`;
}

function caddyfile({ authorities, port, upstream }: Place): string {
  return `{
	admin off
	auto_https off
	log {
		output discard
	}
}
http://:${port} {
	bind 127.0.0.1
	handle_path ${PREFIX}* {
		reverse_proxy https://localhost:${upstream.port} {
			header_up Host localhost
			header_up Authorization "${AUTHORIZATION}"
			flush_interval -1
			transport http {
				tls_trusted_ca_certs ${authorities}
				versions 1.1
				keepalive_idle_conns_per_host 256
			}
		}
	}
}
`;
}
