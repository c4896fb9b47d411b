import { commandFor } from "../config/load/launched_as.ts";
import { settingsHelp } from "../config/settings/settings_help.ts";
import { exactCommand } from "../core/launch.ts";
import { type Command, EXIT } from "./command.ts";
import { LAUNCHER_VERBS, VERBS } from "./verbs.ts";

/** Prints the usage, the verbs and the settings. */
export const help: Command = () => {
  console.log(`cred-proxy holds API credentials so that a sandboxed agent never sees them.

Usage:
  ${commandFor("[--env-file[=FILE]] [VERB]")}
  ${exactCommand("FLAGS", "[VERB]")}

Verbs:
${indented(verbsHelp())}

Route table: the one that CRED_PROXY_ROUTES names; otherwise the launcher looks
for conf/routes.json, then for cred-proxy/routes.json in the user's
configuration folder. Variables that are not set come from .env beside conf, or
beside the table in the configuration folder, or from --env-file.

Environment:
${indented(settingsHelp())}
  and each variable that token_env or client_token_env names: a token

Signals: SIGTERM and SIGINT drain requests in flight and exit; a second one
exits at once. SIGHUP reloads the route table, or, if the service was started
from a terminal, drains and exits.

Exit status: 0 success; 1 not ready (healthcheck), or a token is not taken
(doctor); 64 usage error; 78 invalid configuration or flags. That of run is the
command's.`);
  return Promise.resolve(EXIT.ok);
};

function verbsHelp(): readonly string[] {
  const verbs = [
    ...Object.entries(VERBS).flatMap(([name, { arguments: args, help }]) =>
      help === undefined ? [] : [[`${name} ${args ?? ""}`.trimEnd(), help] as const]
    ),
    ...Object.entries(LAUNCHER_VERBS),
  ];
  const width = Math.max(...verbs.map(([usage]) => usage.length));
  return verbs.map(([usage, help]) => `${usage.padEnd(width)}  ${help}`);
}

function indented(lines: readonly string[]): string {
  return lines.map((line) => `  ${line}`).join("\n");
}
