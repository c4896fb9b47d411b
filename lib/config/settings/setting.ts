/**
 * How environment variables become settings: from a record with one entry per setting, so that a new setting is one
 * entry there. The service, its help text, its permissions and its launcher all follow that record.
 *
 * @module
 */

import type { Verb } from "../../core/launch.ts";
import { ok, type Problem, problemsOf, type Result } from "../../core/result.ts";
import type { TextParser } from "../reader/plain_fields.ts";
import { type Reading, readingOf } from "../reader/reading.ts";

/** Returns the value of an environment variable; undefined if it is unset. */
export type Getter = (name: string) => string | undefined;

/** What declares a setting. */
interface Declaration<Value> {
  /** The environment variable, as the documents name it. */
  readonly variable: string;
  /** Whether the name in lower case is read as well, and wins. */
  readonly anyCase?: boolean;
  /** Parses the variable's value, which is not empty. */
  readonly parse: TextParser<Value>;
  /** One line for `help`, without the default. */
  readonly help: string;
  /** The verbs that read it. */
  readonly verbs: readonly Verb[];
}

/** A setting: one environment variable. */
export interface Setting<Value> extends Declaration<Value> {
  /** What holds while the variable is unset or empty, as a user would write it. Undefined: the setting is undefined. */
  readonly default: string | undefined;
}

/** Settings by name. */
export type SettingTable = Readonly<Record<string, Setting<unknown>>>;

/** The values of settings. */
export type SettingValues<Of extends SettingTable> = {
  readonly [Name in keyof Of]: Of[Name] extends Setting<infer Value> ? Value : never;
};

/** Declares a setting with a default. */
export function setting<Value>(
  declaration: Declaration<Value> & { readonly default: string },
): Setting<Value> {
  return declaration;
}

/** Declares a setting that is undefined while its variable is unset or empty. */
export function optionalSetting<Value>(declaration: Declaration<Value>): Setting<Value | undefined> {
  return { ...declaration, default: undefined };
}

/** Returns the variables that a setting is read from, the one that wins first. */
export function variablesOf({ variable, anyCase }: Setting<unknown>): readonly string[] {
  return anyCase ? [variable.toLowerCase(), variable] : [variable];
}

/** Reads settings: every problem at once. A variable that is set to nothing counts as unset. */
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
