import { didYouMean } from "../config/reader/did_you_mean.ts";
import { SETTING_VARIABLES } from "../config/settings/settings.ts";
import { fail, ok, type Result } from "../core/result.ts";
import type { Usage } from "./verbs.ts";

/** The arguments of a verb, apart from its options. */
export interface Arguments {
  readonly args: readonly string[];
  readonly options: ReadonlySet<string>;
}

/**
 * Parses what follows a verb on the command line. An option begins with `-`; the verb's usage lists those that it
 * has. The path of a problem is the verb.
 */
export function parseArguments(given: readonly string[], usage: Usage, verb: string): Result<Arguments> {
  const { options: known = [] } = usage;
  const options = given.filter((argument) => argument.startsWith("-"));
  const unknown = options.find((option) => !known.includes(option));
  if (unknown !== undefined) {
    const hint = settingHint(unknown) || didYouMean(unknown, known) ||
      (known.length === 0 ? "; it has none" : `; it has ${known.join(", ")}`);
    // An argument may be anything, such as a key that was pasted here.
    return fail(
      verb,
      "unknown_option",
      `has no option ${/^--?[a-z-]{1,20}(?=$|=)/.exec(unknown)?.[0] ?? "of that name"}${hint}`,
    );
  }
  const args = given.filter((argument) => !argument.startsWith("-"));
  const most = usage.arguments === undefined ? 0 : usage.most ?? 1;
  if (args.length <= most) return ok({ args, options: new Set(options) });
  const count = most === 0
    ? "no arguments"
    : most === 1
    ? "at most one argument"
    : `at most ${most} arguments`;
  return fail(verb, "too_many_arguments", `takes ${count}; see help`);
}

/** Returns which variable to set, for an option that is a setting in other programs: `--port=80`. */
function settingHint(option: string): string {
  const [, name = ""] = /^--([a-z-]+)/.exec(option) ?? [];
  const variable = `CRED_PROXY_${name.toUpperCase().replaceAll("-", "_")}`;
  return SETTING_VARIABLES.includes(variable) ? `; set ${variable} instead` : "";
}
