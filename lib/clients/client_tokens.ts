import { type ClientConfig, routesWithTokens, type RouteTable } from "../config/route/route_config.ts";
import { secretRefs } from "../config/route/token.ts";
import { type Problem, problem } from "../core/result.ts";
import type { Secret } from "../core/secret.ts";
import { sha256 } from "../core/sha256.ts";
import { exposedSecrets } from "../credentials/exposed_secrets.ts";
import type { TokenStores } from "../tokens/open_token_source.ts";

/** The tokens that were read. */
export type ReadTokens = Pick<TokenStores, "tokens" | "files">;

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

/**
 * Checks that the clients' tokens are neither another client's, which the log could not tell apart, nor a secret of the
 * table, which clients must not know.
 */
export function checkClientTokens(table: RouteTable, stores: ReadTokens): readonly Problem[] {
  if (table.clients.length === 0) return [];
  const secrets = new Set(
    routesWithTokens(table).flatMap((route) =>
      secretRefs(route).flatMap(({ from, name, kind }) => {
        const secret = from === "variable" ? stores.tokens.get(name) : stores.files.source(name)?.current;
        if (secret === undefined) return [];
        return kind === "token"
          ? [secret, ...exposedSecrets(route, secret).map(({ text }) => text)]
          : [secret];
      })
    ).map((secret) => sha256(secret.reveal())),
  );
  const owners = new Map<string, string>();
  return table.clients.flatMap((client) =>
    clientHashes(client, stores).flatMap((hash) => {
      const path = `the client ${client.name}`;
      if (secrets.has(hash)) {
        const message =
          "has a secret of the table as its token; give it another one: cred-proxy token makes one";
        return [problem(path, "conflict", message)];
      }
      const owner = owners.get(hash);
      owners.set(hash, client.name);
      return owner === undefined
        ? []
        : [problem(path, "conflict", `has the same token as the client ${owner}`)];
    })
  );
}
