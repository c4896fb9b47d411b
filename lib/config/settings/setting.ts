/**
 * Reading settings from environment variables as a record of settings declares them. The service, its help text, its
 * permissions and its launcher all derive from that record.
 *
 * @module
 */

import type { Verb } from "../../core/launch.ts";
import { ok, type Problem, problemsOf, type Result } from "../../core/result.ts";
import type { TextParser } from "../reader/value_readers.ts";
import { type Reading, readingOf } from "../reader/reading.ts";

/** Returns the value of an environment variable, or undefined if it is unset. */
export type Getter = (name: string) => string | undefined;

/** The declaration of a setting, except for its default. */
interface Declaration<Value> {
  /** The name of the environment variable. */
  readonly variable: string;
  /** Whether the variable is also read in lower case, which takes precedence. */
  readonly anyCase?: boolean;
  /** Parses the variable's value, which is never empty. */
  readonly parse: TextParser<Value>;
  /** The description for `help`: one line, without the default. */
  readonly help: string;
  /** The verbs that use the setting. */
  readonly verbs: readonly Verb[];
}

/** A setting, read from one environment variable. */
export interface Setting<Value> extends Declaration<Value> {
  /** The default, in the variable's format, if it is unset or empty; undefined: the setting is then undefined. */
  readonly default: string | undefined;
}

/** Settings by name. */
export type SettingTable = Readonly<Record<string, Setting<unknown>>>;

/** The values of settings, by name. */
export type SettingValues<Of extends SettingTable> = {
  readonly [Name in keyof Of]: Of[Name] extends Setting<infer Value> ? Value : never;
};

/** Declares a setting with a default. */
export function setting<Value>(
  declaration: Declaration<Value> & { readonly default: string },
): Setting<Value> {
  return declaration;
}

/** Declares a setting that is undefined if its variable is unset or empty. */
export function optionalSetting<Value>(declaration: Declaration<Value>): Setting<Value | undefined> {
  return { ...declaration, default: undefined };
}

/** Returns the variables from which a setting is read, in order of precedence. */
export function variablesOf({ variable, anyCase }: Setting<unknown>): readonly string[] {
  return anyCase ? [variable.toLowerCase(), variable] : [variable];
}

/** Reads settings and reports all problems at once. A variable that is empty counts as unset. */
export function readSettings<Of extends SettingTable>(table: Of, get: Getter): Reading<SettingValues<Of>> {
  const values: Record<string, unknown> = {};
  const problems: Problem[] = [];
  for (const [name, declared] of Object.entries(table)) {
    const result = readSetting(declared, get);
    if (result.ok) values[name] = result.value;
    problems.push(...problemsOf(result));
  }
  return readingOf(values, problems);
}

function readSetting<Value>(declared: Setting<Value>, get: Getter): Result<Value | undefined> {
  const given = variablesOf(declared).map((name) => [name, get(name) ?? ""] as const);
  const [name, text] = given.find(([, value]) => value !== "") ?? [declared.variable, declared.default];
  return text === undefined ? ok(undefined) : declared.parse(text, name);
}
