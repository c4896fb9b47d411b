import { liesIn } from "./bubblewrap.ts";

/** How many links a path may lead through, as for the kernel. */
const MOST_LINKS = 40;

/**
 * Resolves the links of an absolute path, unless one of its steps lies in a folder that a command may change: such a link, or
 * a folder that has become one, leads to wherever the last command wanted.
 *
 * @returns undefined if it leads through such a folder, or to nothing.
 */
export function resolveOutside(
  path: string,
  changeable: readonly string[],
): string | undefined {
  const rest = path.split("/");
  let resolved = "/";
  let links = 0;
  for (let name = rest.shift(); name !== undefined; name = rest.shift()) {
    if (name === "" || name === ".") continue;
    if (name === "..") {
      resolved = resolved.slice(0, resolved.lastIndexOf("/")) || "/";
      continue;
    }
    const next = resolved === "/" ? `/${name}` : `${resolved}/${name}`;
    if (changeable.some((folder) => liesIn(folder, next))) return undefined;
    const target = readLink(next);
    if (target === undefined) return undefined;
    if (target === "") {
      resolved = next;
      continue;
    }
    if (++links > MOST_LINKS) return undefined;
    if (target.startsWith("/")) resolved = "/";
    rest.unshift(...target.split("/"));
  }
  return resolved;
}

/** Returns the target of a link; an empty text if it is none; undefined if there is nothing. */
function readLink(path: string): string | undefined {
  try {
    return Deno.lstatSync(path).isSymlink ? Deno.readLinkSync(path) : "";
  } catch {
    return undefined;
  }
}
