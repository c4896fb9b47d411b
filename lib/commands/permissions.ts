import { loadConfiguration } from "../config/load/load.ts";
import { printProblems } from "../log/print.ts";
import { flags, requiredGrants } from "../permissions/permissions.ts";
import { type Command, EXIT } from "./command.ts";

/** Prints the permission flags that `serve` needs for this table and environment, on one line. */
export const permissions: Command = async () => {
  const configuration = await loadConfiguration();
  if (!configuration.ok) {
    printProblems(configuration.problems);
    return EXIT.configuration;
  }
  const { settings, table } = configuration.value;
  console.log(flags(requiredGrants(settings, table)));
  return EXIT.ok;
};
