/**
 * Selects what the arguments of a program name: all of it if they name nothing. Exits with 64 (EX_USAGE) and prints
 * the known names if one is unknown.
 *
 * @param usage Appended to the printed names: what else the program accepts.
 */
export function selectNames(
  known: readonly string[],
  named: readonly string[],
  usage = "",
): readonly string[] {
  const unknown = named.filter((name) => !known.includes(name));
  if (unknown.length === 0) return named.length === 0 ? known : named;
  console.error(
    `Unknown: ${unknown.join(" ")}. Name any of these, or none for all:\n  ${known.join(" ")}${usage}`,
  );
  Deno.exit(64);
}
