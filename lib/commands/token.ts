import { parseClientName } from "../config/route/client_values.ts";
import { sha256 } from "../core/sha256.ts";
import { printError, printProblems } from "../log/print.ts";
import { type Command, EXIT } from "./command.ts";

/** The bytes of a token, none of which anybody could guess. */
const LENGTH = 32;

/** How each token begins, so that scanners for leaked secrets can recognise it. */
const PREFIX = "credproxy_";

/** Makes a client token: prints it on stdout, where only this once it is shown, and the client's entry on stderr. */
export const token: Command = ([name]) => {
  if (name === undefined) {
    printError("token: requires the name of a client; see help");
    return Promise.resolve(EXIT.usage);
  }
  const parsed = parseClientName(name, "NAME");
  if (!parsed.ok) {
    printProblems(parsed.problems);
    return Promise.resolve(EXIT.usage);
  }
  const random = crypto.getRandomValues(new Uint8Array(LENGTH));
  const text = PREFIX + random.toBase64({ alphabet: "base64url", omitPadding: true });
  const entry = { name: parsed.value, token_sha256: sha256(text), routes: "*" };
  console.log(text);
  printError(`this token is shown only once; give it to ${parsed.value} and to nobody else`);
  printError('its entry in the table\'s "clients"; instead of "*" name the routes that it may use:');
  console.error(JSON.stringify(entry, null, 1).replaceAll(/\n */g, " "));
  return Promise.resolve(EXIT.ok);
};
