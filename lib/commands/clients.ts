import { clientSetup } from "../providers/client_setup.ts";
import { findRoute } from "../providers/find_route.ts";
import { parseSettings } from "../config/settings/settings.ts";
import { type Command, EXIT } from "./command.ts";
import { withEnvironment } from "../config/load/environment.ts";
import { loadTable } from "../config/load/load.ts";
import { printError, printProblems } from "../log/print.ts";

/** The settings that say where the routes are: the right to read others, tokens above all, is not needed here. */
const NEEDED: readonly string[] = [
  "CRED_PROXY_ROUTES",
  "CRED_PROXY_BIND",
  "CRED_PROXY_PORT",
  "CRED_PROXY_SOCKET",
];

/** Print how to point clients at every route, or at the one that is named by its path or host. */
export const clients: Command = async ([name]) => {
  const settings = withEnvironment((get) =>
    parseSettings((variable) => NEEDED.includes(variable) ? get(variable) : undefined)
  );
  const table = settings.ok ? await loadTable(settings.value.routesPath) : settings;
  if (!settings.ok || !table.ok) {
    printProblems(table.ok ? [] : table.problems);
    return EXIT.configuration;
  }
  if (settings.value.port === 0) {
    printError("CRED_PROXY_PORT: is 0, so the service picks a port that can't be known here");
    return EXIT.configuration;
  }
  const { routes } = table.value;
  const found = name === undefined ? routes : findRoute(routes, name);
  if (typeof found === "string") {
    printError(found);
    return EXIT.usage;
  }
  console.log(clientSetup("path" in found ? [found] : found, settings.value, table.value));
  return EXIT.ok;
};
