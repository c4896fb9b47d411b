/**
 * Which of the works are asked for; all of them unless some are named. Ends the program, with what there is, when one
 * is named that does not exist.
 *
 * @param more What else the program takes, for that text.
 */
export function chosen(all: readonly string[], named: readonly string[], more = ""): readonly string[] {
  const unknown = named.filter((name) => !all.includes(name));
  if (unknown.length === 0) return named.length === 0 ? all : named;
  console.error(
    `Unknown: ${unknown.join(" ")}. Any of these, or nothing for all:\n  ${all.join(" ")}${more}`,
  );
  Deno.exit(64);
}
