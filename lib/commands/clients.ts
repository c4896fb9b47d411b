import { clientSetup, keyVariable } from "../providers/client_setup.ts";
import { clientVariables } from "../providers/client_variables.ts";
import { findRoute } from "../providers/find_route.ts";
import { type Command, EXIT } from "./command.ts";
import { loadSettings, loadTable } from "../config/load/load.ts";
import { printError, printProblems } from "../log/print.ts";

/**
 * Prints how to point clients at all routes, or at the one with the given path or host. With `--env`, the lines only set
 * variables, so that a shell can evaluate them.
 */
export const clients: Command = async ([name], options) => {
  const settings = loadSettings("clients");
  const table = settings.ok ? await loadTable(settings.value.routesPath) : settings;
  if (!settings.ok || !table.ok) {
    printProblems(table.ok ? [] : table.problems);
    return EXIT.configuration;
  }
  const { bind, port, socket } = settings.value;
  if (port === 0 || port === undefined) {
    printError(`CRED_PROXY_PORT: is ${port ?? "off"}, so the service's port is unknown; set a fixed port`);
    return EXIT.configuration;
  }
  const { routes } = table.value;
  const found = name === undefined ? undefined : findRoute(routes, name);
  if (found?.ok === false) {
    printProblems(found.problems);
    return EXIT.usage;
  }
  const setup = options.has("--env") ? clientVariables : clientSetup;
  const shown = found === undefined ? routes : [found.value];
  console.log(setup(shown, { bind, port, socket }, { clientTokenEnv: keyVariable(table.value) }));
  return EXIT.ok;
};
