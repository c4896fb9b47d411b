import { type RouteConfig, routeName, type RouteTable } from "../config/route/route_config.ts";
import { shellQuote } from "../core/shell_quote.ts";
import { keyNote, routeTitle } from "./client_setup.ts";
import { endpointFor, type ListenAddress } from "./clients/endpoint.ts";
import { openaiCompatible } from "./clients/openai.ts";
import { type Exports, scriptLine } from "./clients/recipe.ts";
import { recipesFor } from "./recipes_for.ts";

/**
 * Returns a commented shell script that points clients at routes by variables alone: nothing in it runs a program or
 * writes a file, so a shell can evaluate it.
 *
 * @param routes The routes to set up: all of the table, or some.
 */
export function clientVariables(
  routes: readonly RouteConfig[],
  listen: ListenAddress,
  table: Pick<RouteTable, "clientTokenEnv">,
): string {
  const taken = new Map<string, Taken>();
  const choices = new Map<string, string>();
  const git: (readonly [key: string, value: string])[] = [];
  // Several routes may want the variables of OpenAI's clients; those of OpenAI itself come first.
  const isCompatible = (route: RouteConfig) => Number(recipesFor(route).includes(openaiCompatible));
  const blocks = routes.toSorted((left, right) => isCompatible(left) - isCompatible(right)).map((route) => {
    const endpoint = endpointFor(route, listen, table);
    const lines: string[] = [];
    for (const setup of recipesFor(route).map((recipe) => recipe(endpoint))) {
      git.push(...setup.git ?? []);
      const given = setup.variables ?? setup.lines.filter(isNoCommand);
      if (given.length === 0) continue;
      const { choice } = setup;
      const chosen = choice === undefined ? undefined : chosenFor(choice, routeName(route), choices);
      lines.push(
        `# ${setup.clients}:`,
        ...chosen === undefined
          ? given.flatMap((line) => exportOnce(line, routeName(route), taken))
          : given.map((line) => `# ${choice} uses ${chosen}; instead: ${scriptLine(line)}`),
      );
    }
    return lines.length === 0 ? [] : [routeTitle(route), ...lines];
  });
  const note = keyNote(table);
  return [note === undefined ? [] : [note], ...blocks, gitVariables(git)]
    .filter((lines) => lines.length > 0).map((lines) => lines.join("\n")).join("\n\n");
}

/** The value of a variable, and the route that it is for. */
interface Taken {
  readonly word: string;
  readonly route: string;
}

function isNoCommand(line: Exports | string): boolean {
  return typeof line !== "string" || line.startsWith("#");
}

/** Chooses a route for a client. @returns Another one, if that was chosen before. */
function chosenFor(client: string, route: string, choices: Map<string, string>): string | undefined {
  const chosen = choices.get(client);
  if (chosen === undefined) choices.set(client, route);
  return chosen === route ? undefined : chosen;
}

/** Returns a line, or a comment in its place if a variable in it already points another route's clients elsewhere. */
function exportOnce(line: Exports | string, route: string, taken: Map<string, Taken>): string[] {
  if (typeof line === "string") return [line];
  const conflict = line.export.find(([name, word]) => (taken.get(name)?.word ?? word) !== word);
  if (conflict !== undefined) {
    const [name] = conflict;
    return [`# ${name} is already that of ${taken.get(name)?.route}; instead: ${scriptLine(line)}`];
  }
  for (const [name, word] of line.export) taken.set(name, { word, route });
  return [scriptLine(line)];
}

/** Returns git's settings as the numbered variables that git-config(1) describes. */
function gitVariables(settings: readonly (readonly [key: string, value: string])[]): string[] {
  if (settings.length === 0) return [];
  const unique = [...new Map(settings)];
  return [
    "# git:",
    ...unique.map(([key, value], index) =>
      `export GIT_CONFIG_KEY_${index}=${shellQuote(key)} GIT_CONFIG_VALUE_${index}=${shellQuote(value)}`
    ),
    `export GIT_CONFIG_COUNT=${unique.length}`,
  ];
}
