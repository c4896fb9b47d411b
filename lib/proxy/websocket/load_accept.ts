type Accept = typeof import("./accept.ts");

let loaded: Promise<Accept> | undefined;

/**
 * Loads what serves WebSockets. A start does not wait for it, but loads it soon afterwards: if somebody changes the sources
 * meanwhile, the runtime wants to read them again, without the permission to.
 */
export function loadAccept(): Promise<Accept> {
  return loaded ??= import("./accept.ts");
}
