import type { ClientConfig } from "../config/route/route_config.ts";
import type { Tokens } from "../config/route/token.ts";
import type { Secret } from "../core/secret.ts";
import { sha256 } from "../core/sha256.ts";
import type { SecretFiles } from "../tokens/token_guard.ts";

/** The tokens that were read. */
export interface ReadTokens {
  readonly tokens: Tokens;
  readonly files: SecretFiles;
}

/** Returns the SHA-256 of each token by which a client is known now; none for a client of an issuer. */
export function clientHashes({ proof }: ClientConfig, { tokens, files }: ReadTokens): readonly string[] {
  switch (proof.kind) {
    case "hash":
      return proof.hashes;
    case "env":
      return hashesOf(tokens.get(proof.variable));
    case "file":
      return hashesOf(files.source(proof.file)?.current);
    case "subject":
      return [];
  }
}

function hashesOf(token: Secret | undefined): readonly string[] {
  return token === undefined ? [] : [sha256(token.reveal())];
}

/** Returns the display name of what a client is known by. */
export function proofText({ proof }: ClientConfig): string {
  switch (proof.kind) {
    case "hash":
      return proof.hashes.length === 1 ? "a token's hash" : `${proof.hashes.length} tokens' hashes`;
    case "env":
      return proof.variable;
    case "file":
      return `the file ${proof.file}`;
    case "subject":
      return `the subject ${proof.subject.text} of ${proof.issuer}`;
  }
}

/** Returns the reason for which a client can't be authenticated, as a predicate for its {@linkcode proofText}. */
export function unsetClientText(client: ClientConfig, stores: ReadTokens): string | undefined {
  if (client.proof.kind === "subject" || clientHashes(client, stores).length > 0) return undefined;
  return client.proof.kind === "env" ? "is unset or empty" : "does not exist";
}
