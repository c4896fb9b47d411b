import { loadConfiguration } from "../config/load/load.ts";
import { checkSettingNames } from "../config/settings/misspelt_settings.ts";
import { printError, printProblems } from "../log/print.ts";
import { askingGrants, flags, requiredGrants } from "../permissions/permissions.ts";
import { type Command, EXIT } from "./command.ts";

/**
 * Prints the permission flags that `serve` needs for this table and environment, on one line; with `--doctor`, those
 * that `doctor` needs.
 *
 * The arguments are names of variables, which the launcher passes because this process may not list them: a warning
 * names each that looks like a setting but is none.
 */
export const permissions: Command = async (names, options) => {
  const stray = names.find((name) => !name.startsWith("CRED_PROXY_"));
  if (stray !== undefined) {
    printError("permissions: takes no arguments; see help");
    return EXIT.usage;
  }
  const configuration = await loadConfiguration();
  if (!configuration.ok) {
    printProblems([...configuration.problems, ...checkSettingNames(names)]);
    return EXIT.configuration;
  }
  printProblems(checkSettingNames(names));
  const { settings, table } = configuration.value;
  console.log(
    flags(options.has("--doctor") ? askingGrants(settings, table) : requiredGrants(settings, table)),
  );
  return EXIT.ok;
};
