import type { Setting } from "./setting.ts";
import { SETTINGS } from "./settings.ts";

/** Returns one line per setting for `help`: the variable, its description and its default. */
export function settingsHelp(): readonly string[] {
  const settings = Object.values(SETTINGS);
  const width = Math.max(...settings.map(({ variable }) => variable.length));
  return settings.map((declared) =>
    `${declared.variable.padEnd(width)}  ${declared.help}${defaultText(declared)}`
  );
}

function defaultText({ default: text = "" }: Setting<unknown>): string {
  return text === "" ? "" : ` (${text})`;
}
