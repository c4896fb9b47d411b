import { assertEquals, assertMatch } from "@std/assert";
import { parseTokenVariable } from "../../lib/config/route/credential_fields.ts";
import {
  parseSettings,
  SETTING_VARIABLES,
  type Settings,
  settingVariables,
} from "../../lib/config/settings/settings.ts";
import { checkSettingNames } from "../../lib/config/settings/misspelt_settings.ts";
import { codesOf, linesOf, valueOf } from "../support/result.ts";

function parse(environment: Record<string, string>): Settings {
  return valueOf(parseSettings((name) => environment[name]));
}

/** Returns the problems of an environment as `variable: code`. */
function codes(environment: Record<string, string>): readonly string[] {
  return codesOf(parseSettings((name) => environment[name]));
}

const DEFAULTS: Settings = {
  routesPath: "/run/cred-proxy/routes.json",
  bind: "0.0.0.0",
  port: 9099,
  socket: undefined,
  hosts: [],
  debug: false,
  log: "off",
  caFile: undefined,
  state: undefined,
  maxInFlight: 1024,
  bufferBytes: 64 * 1024 * 1024,
  drainMs: 30_000,
  hangUp: undefined,
  sessionToken: false,
  admin: undefined,
  egress: { https: undefined, http: undefined, bypass: [] },
};

Deno.test("parseSettings() has a default for everything", () => {
  assertEquals(parse({}), DEFAULTS);
});

Deno.test("parseSettings() treats a variable that is set to nothing as unset", () => {
  assertEquals(parse(Object.fromEntries(SETTING_VARIABLES.map((name) => [name, ""]))), DEFAULTS);
});

Deno.test("parseSettings() reads exactly the variables that are listed", () => {
  const read = new Set<string>();
  parseSettings((name) => {
    read.add(name);
    return undefined;
  });
  assertEquals([...read].toSorted(), [...SETTING_VARIABLES].toSorted());
});

Deno.test("parseSettings() reads every setting", () => {
  const settings = parse({
    CRED_PROXY_ROUTES: "conf/routes.json",
    CRED_PROXY_BIND: "LocalHost",
    CRED_PROXY_PORT: "0",
    CRED_PROXY_DEBUG: "1",
    CRED_PROXY_LOG: "json",
    CRED_PROXY_CA_FILE: "/etc/ca.pem",
    CRED_PROXY_STATE: "/var/lib/cred-proxy/",
    CRED_PROXY_MAX_IN_FLIGHT: "1",
    CRED_PROXY_BUFFER_MB: "16",
    CRED_PROXY_DRAIN_S: "0.5",
    CRED_PROXY_SIGHUP: "stop",
    CRED_PROXY_SESSION_TOKEN: "a-token-of-a-session",
    CRED_PROXY_ADMIN: "[::1]:9100",
  });
  assertEquals(settings, {
    ...DEFAULTS,
    routesPath: "conf/routes.json",
    bind: "localhost",
    port: 0,
    debug: true,
    log: "json",
    state: "/var/lib/cred-proxy",
    caFile: "/etc/ca.pem",
    maxInFlight: 1,
    bufferBytes: 16 * 1024 * 1024,
    drainMs: 500,
    hangUp: "stop",
    sessionToken: true,
    admin: { host: "::1", port: 9100 },
  });
});

Deno.test("parseSettings() accepts a folder for the state that is not the whole file system", () => {
  for (const path of ["/var/lib/cred-proxy", "/state"]) {
    assertEquals(parse({ CRED_PROXY_STATE: path }).state, path);
  }
  for (const path of ["state", "./state", "/", "//a", "/a/../b", "/a/..", "/a,b"]) {
    assertEquals(codes({ CRED_PROXY_STATE: path }), ["CRED_PROXY_STATE: invalid_path"], path);
  }
});

Deno.test("parseSettings() accepts the path of a socket that can exist", () => {
  const socket = `/run/${"x".repeat(102)}`;
  for (const path of ["/run/cred-proxy/agent.sock", "/agent.sock", "/run/..data/a.sock", socket]) {
    assertEquals(parse({ CRED_PROXY_SOCKET: path }).socket, path);
  }
  for (
    const path of ["a.sock", "./a.sock", "/", "//a", "/run/", "/run//a", "/run/./a", "/run/../a", "/run/.."]
  ) {
    assertEquals(codes({ CRED_PROXY_SOCKET: path }), ["CRED_PROXY_SOCKET: invalid_path"], path);
  }
  assertEquals(codes({ CRED_PROXY_SOCKET: `${socket}x` }), ["CRED_PROXY_SOCKET: too_long"]);
  assertEquals(codes({ CRED_PROXY_SOCKET: "/run/a,b" }), ["CRED_PROXY_SOCKET: invalid_path"]);
});

Deno.test("parseSettings() accepts an IPv6 address to listen on with and without brackets", () => {
  for (const bind of ["::", "[::]", "0:0::0"]) assertEquals(parse({ CRED_PROXY_BIND: bind }).bind, "::");
  assertEquals(parse({ CRED_PROXY_BIND: "::1" }).bind, "::1");
});

Deno.test("parseSettings() rejects a port that is no number", () => {
  for (const port of ["http", "-1", "65536", "80.5", "0x50", "080", " 80", "1e3"]) {
    assertEquals(codes({ CRED_PROXY_PORT: port }), ["CRED_PROXY_PORT: invalid_port"], port);
  }
});

Deno.test("parseSettings() knows the variable that Kubernetes sets for a service of this name", () => {
  const result = parseSettings((name) => name === "CRED_PROXY_PORT" ? "tcp://10.0.0.1:9099" : undefined);
  assertEquals(codesOf(result), ["CRED_PROXY_PORT: invalid_port"]);
  assertMatch(linesOf(result).join(), /Kubernetes sets for a service named cred-proxy$/);
});

Deno.test("parseSettings() reports all problems at once and prints nothing that may be a secret", () => {
  const environment: Record<string, string> = {
    CRED_PROXY_ROUTES: "/run/a,b/routes.json",
    CRED_PROXY_BIND: "0.0.0.0:80",
    CRED_PROXY_PORT: "hunter2 hunter2",
    CRED_PROXY_LOG: "ghp_A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8",
    CRED_PROXY_CA_FILE: "/etc/a,b.pem",
    CRED_PROXY_MAX_IN_FLIGHT: "0",
    CRED_PROXY_BUFFER_MB: "15",
    CRED_PROXY_DRAIN_S: "soon",
    CRED_PROXY_ADMIN: "9100",
    CRED_PROXY_SOCKET: "run/x.sock",
    https_proxy: "socks5://me:hunter2@proxy:1080",
  };
  const result = parseSettings((name) => environment[name]);
  // The exact wording of messages is held here and in testdata/messages.txt, and nowhere else.
  assertEquals(linesOf(result), [
    "CRED_PROXY_ROUTES: must be a path without commas and control characters",
    'CRED_PROXY_BIND: must be an IP address or a host name, got "0.0.0.0:80"',
    "CRED_PROXY_PORT: must be a number from 0 to 65535, or off, the value is not shown",
    "CRED_PROXY_SOCKET: must be an absolute path without empty segments, . and ..",
    "CRED_PROXY_LOG: must be json or off, the value is not shown",
    "CRED_PROXY_CA_FILE: must be a path without commas and control characters",
    'CRED_PROXY_MAX_IN_FLIGHT: must be a whole number from 1 to 9999999, got "0"',
    'CRED_PROXY_BUFFER_MB: must be a whole number from 16 to 65536, got "15"',
    'CRED_PROXY_DRAIN_S: must be a number of seconds from 0 to 86400, got "soon"',
    'CRED_PROXY_ADMIN: must be host:port, such as 127.0.0.1:9100 (port 0 picks a free one), got "9100"',
    "https_proxy: must be an http:// proxy; no other kind is supported (the value is not shown)",
  ]);
});

Deno.test("parseSettings() reads a list of hosts", () => {
  const hosts = parse({ CRED_PROXY_HOSTS: " Proxy.Example.com, b.example\tc.example,," }).hosts;
  assertEquals(hosts, ["proxy.example.com", "b.example", "c.example"]);
  for (const text of ["a.example:9099", "http://a.example", "*.example", "a..b"]) {
    assertEquals(codes({ CRED_PROXY_HOSTS: text }), ["CRED_PROXY_HOSTS: invalid_host"], text);
  }
});

Deno.test("parseSettings() keeps the operator's listener off the client's port", () => {
  const same = ["CRED_PROXY_ADMIN: conflict"];
  assertEquals(codes({ CRED_PROXY_ADMIN: "127.0.0.1:9099" }), same);
  assertEquals(codes({ CRED_PROXY_BIND: "127.0.0.1", CRED_PROXY_ADMIN: "127.0.0.2:9099" }), same);
  assertEquals(parse({ CRED_PROXY_PORT: "0", CRED_PROXY_ADMIN: "LocalHost:0" }).admin, {
    host: "localhost",
    port: 0,
  });
});

Deno.test("parseSettings() rejects what is no address for the operator's listener", () => {
  for (
    const text of ["localhost", ":9100", "::1:9100", "[::1]", "a b:1", "127.0.0.1:65536", "h:09", "h:-1"]
  ) {
    assertEquals(codes({ CRED_PROXY_ADMIN: text }), ["CRED_PROXY_ADMIN: invalid_address"], text);
  }
});

Deno.test("parseSettings() rejects a table in the root folder, since the folder becomes readable", () => {
  for (const path of ["/routes.json", "//routes.json"]) {
    assertEquals(codes({ CRED_PROXY_ROUTES: path }), ["CRED_PROXY_ROUTES: invalid_path"]);
  }
});

Deno.test("parseTokenVariable() rejects the variable of every setting", () => {
  for (const name of SETTING_VARIABLES) {
    assertEquals(codesOf(parseTokenVariable(name, "token_env")), ["token_env: reserved_variable"], name);
  }
});

Deno.test("bin/cred-proxy grants each verb the variables that it reads, and names no others", () => {
  const launcher = Deno.readTextFileSync(new URL("../../bin/cred-proxy", import.meta.url));
  const [, settings = ""] = /^settings='([^']*)'$/m.exec(launcher) ?? [];
  function branchOf(verb: string): string {
    return new RegExp(`^  ${verb}(?: \\| \\w+)*\\)\\n(.*?)^    ;;$`, "ms").exec(launcher)?.[1] ?? "";
  }
  /** Returns the list of the first `--allow-env`, without the shell's quotes. */
  function granted(branch: string): readonly string[] {
    const [, list = ""] = /--allow-env=(\S+)/.exec(branch) ?? [];
    return list.replaceAll('"', "").replace("$settings", settings).split(",")
      .filter((name) => name !== "LAUNCHED_AS").toSorted();
  }
  const prefix = "CRED_PROXY_";
  const egress = SETTING_VARIABLES.filter((name) => !name.startsWith(prefix));
  const [, derivation = ""] = /^permissions\(\) \{\n(.*?)^\}$/ms.exec(launcher) ?? [];
  assertEquals(granted(derivation), [`${prefix}*`, ...egress].toSorted());
  for (const verb of ["serve", "permissions"] as const) {
    assertEquals(settingVariables(verb), SETTING_VARIABLES);
    assertMatch(branchOf(verb), /^\s+(?:flags=\$\()?permissions\b/m);
  }
  for (const verb of ["clients", "healthcheck"] as const) {
    assertEquals(granted(branchOf(verb)), settingVariables(verb).toSorted());
  }
  for (const [name] of launcher.matchAll(/\bCRED_PROXY_[A-Z_]+/g)) {
    if (name !== prefix) assertEquals(SETTING_VARIABLES.includes(name), true, name);
  }
});

Deno.test("checkSettingNames() names a misspelt setting, and neither settings, Kubernetes' links nor long names", () => {
  const names = [
    ...SETTING_VARIABLES,
    "PATH",
    "CRED_PROXY_SERVICE_HOST",
    "CRED_PROXY_SERVICE_PORT_HTTP",
    "CRED_PROXY_PORT_9099_TCP_ADDR",
    "CRED_PROXY_ADMIN_PORT",
    `CRED_PROXY_${"x".repeat(50)}`,
  ];
  assertEquals(checkSettingNames(names), []);
  assertEquals(
    checkSettingNames(["CRED_PROXY_BINDS", "cred_proxy_port", "CRED_PROXY_XYZZY"]).map(({ message }) =>
      message
    ),
    [
      "is not a setting, so it has no effect; did you mean CRED_PROXY_BIND?",
      "is not a setting, so it has no effect; did you mean CRED_PROXY_PORT?",
      "is not a setting, so it has no effect; see help",
    ],
  );
});
