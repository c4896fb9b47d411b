import { didYouMean } from "../config/reader/did_you_mean.ts";
import { fail, ok, type Result } from "../core/result.ts";

/** The command line of `run`. */
export interface RunArguments {
  /** The command and its arguments. */
  readonly command: readonly string[];
  readonly sandbox: boolean;
  /** A folder that is the command's home and keeps what is written there. */
  readonly home: string | undefined;
  /** More paths that the command may read. */
  readonly read: readonly string[];
  /** More paths that the command may change. */
  readonly write: readonly string[];
  /** Variables that the command gets as they are. */
  readonly env: readonly string[];
}

/** The options of `run` that take a value. */
const VALUED = ["--home", "--read", "--write", "--env"] as const;
const OPTIONS: readonly string[] = [...VALUED, "--no-sandbox"];

/** How `run` is used. */
export const RUN_USAGE =
  "run [--home DIR] [--read PATH] [--write PATH] [--env NAME] [--no-sandbox] -- COMMAND [ARG ...]";

/** Parses what follows `run`. The path of a problem is the verb or the option. */
export function parseRunArguments(args: readonly string[]): Result<RunArguments> {
  const end = args.indexOf("--");
  const own = end < 0 ? args : args.slice(0, end);
  const command = end < 0 ? [] : args.slice(end + 1);
  const values: Record<(typeof VALUED)[number], string[]> = {
    "--home": [],
    "--read": [],
    "--write": [],
    "--env": [],
  };
  let sandbox = true;
  for (let index = 0; index < own.length; index++) {
    const [name = "", ...rest] = (own[index] ?? "").split("=");
    if (name === "--no-sandbox" && rest.length === 0) {
      sandbox = false;
      continue;
    }
    const option = VALUED.find((each) => each === name);
    if (option === undefined) return unknown(name);
    const value = rest.length > 0 ? rest.join("=") : own[++index];
    if (value === undefined || value === "") return fail(option, "missing", "needs a value after it");
    if (option === "--env" && !/^[A-Za-z_][A-Za-z0-9_]*$/.test(value)) {
      return fail(option, "invalid_variable_name", "needs the name of a variable, without its value");
    }
    values[option].push(value);
  }
  if (command.length === 0) return fail("run", "missing", `needs a command: ${RUN_USAGE}`);
  if (values["--home"].length > 1) return fail("--home", "duplicate_item", "may be given only once");
  return ok({
    command,
    sandbox,
    home: values["--home"][0],
    read: values["--read"],
    write: values["--write"],
    env: values["--env"],
  });
}

function unknown(name: string): Result<never> {
  if (!name.startsWith("-")) {
    return fail("run", "missing", `needs -- before the command: ${RUN_USAGE}`);
  }
  const hint = didYouMean(name, OPTIONS) || `; it has ${OPTIONS.join(", ")}`;
  return fail(
    "run",
    "unknown_option",
    `has no option ${/^--?[a-z-]{1,20}$/.test(name) ? name : "of that name"}${hint}`,
  );
}
