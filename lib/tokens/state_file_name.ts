import type { SecretRef } from "../config/route/secret_ref.ts";
import type { OAuth2 } from "../config/route/token_from.ts";

/** Returns the name of the file that keeps a refresh token. It shows the issuer, and where the first token came from. */
export function stateFileName({ endpoint, clientId }: OAuth2, ref: SecretRef): string {
  const plain = (text: string) => text.replace(/[^A-Za-z0-9.-]+/g, "_");
  const digest = fnv1a(JSON.stringify([endpoint.url, clientId, ref.from, ref.name]));
  // No file system takes a name of more than 255 bytes.
  return `refresh-${plain(endpoint.upstream.authority)}-${plain(ref.name)}-${digest}.json`.slice(-200);
}

/** Returns a short digest (FNV-1a, 32 bits, in hex), to tell names apart. */
function fnv1a(text: string): string {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash.toString(16).padStart(8, "0");
}
