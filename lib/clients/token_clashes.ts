import { routesWithTokens, type RouteTable } from "../config/route/route_config.ts";
import { secretRefs, type TokenFields, type Tokens } from "../config/route/token.ts";
import type { SecretRef } from "../config/route/secret_ref.ts";
import { type Problem, problem } from "../core/result.ts";
import type { Secret } from "../core/secret.ts";
import { sha256 } from "../core/sha256.ts";
import { exposedSecrets } from "../credentials/exposed_secrets.ts";
import type { SecretFiles, TokenGuard } from "../tokens/token_guard.ts";
import { clientHashes } from "./client_tokens.ts";

/**
 * Checks that what clients authenticate with is neither another client's, which the log could not tell apart, nor a secret of
 * the table: whoever knows it would not need the proxy, and a client token is not masked.
 */
export class TokenClashes implements TokenGuard {
  readonly #table: RouteTable;
  readonly #tokens: Tokens;
  /** Whether clients authenticate at all. Without, nothing can clash. */
  readonly #isNeeded: boolean;
  /** The routes' secrets that lie in files, by the file. */
  readonly #byFile: ReadonlyMap<string, readonly TableSecret[]>;
  /** The names of the clients by the hashes of their tokens; undefined once one of these may be another. */
  #owners: ReadonlyMap<string, string> | undefined;

  /** @param tokens The secrets from variables. */
  constructor(table: RouteTable, tokens: Tokens) {
    this.#table = table;
    this.#tokens = tokens;
    this.#isNeeded = table.clientTokenEnv !== undefined || table.clients.length > 0;
    const secrets = this.#isNeeded ? tableSecrets(table).filter(({ ref }) => ref.from === "file") : [];
    this.#byFile = Map.groupBy(secrets, ({ ref }) => ref.name);
  }

  checkAll(files: SecretFiles): readonly Problem[] {
    this.#owners = undefined;
    if (!this.#isNeeded) return [];
    const secrets = new Set(
      tableSecrets(this.#table).flatMap((secret) => hashesOf(secret, this.#read(secret.ref, files))),
    );
    const owners = new Map<string, string>();
    return this.#clients(files).flatMap(({ path, name, hashes }) =>
      hashes.flatMap((hash) => {
        if (secrets.has(hash)) {
          const message =
            "has a secret of the table as its token; give it another one: cred-proxy token makes one";
          return [problem(path, "conflict", message)];
        }
        const owner = owners.get(hash);
        owners.set(hash, name);
        return owner === undefined ? [] : [problem(path, "conflict", `has the same token as ${owner}`)];
      })
    );
  }

  checkOne(name: string, secret: Secret, files: SecretFiles): readonly Problem[] {
    if (!this.#isNeeded) return [];
    const changed: SecretFiles = {
      source: (file) => file === name ? { current: secret } : files.source(file),
    };
    if (this.#table.clients.some(({ proof }) => proof.kind === "file" && proof.file === name)) {
      const problems = this.checkAll(changed);
      return problems;
    }
    this.#owners ??= new Map(
      this.#clients(files).flatMap(({ name: owner, hashes }) => hashes.map((hash) => [hash, owner] as const)),
    );
    for (const use of this.#byFile.get(name) ?? []) {
      const owner = hashesOf(use, secret).map((hash) => this.#owners?.get(hash)).find((each) =>
        each !== undefined
      );
      if (owner !== undefined) return [problem(name, "conflict", `is the token of ${owner}`)];
    }
    return [];
  }

  #read({ from, name }: SecretRef, files: SecretFiles): Secret | undefined {
    return from === "variable" ? this.#tokens.get(name) : files.source(name)?.current;
  }

  /** Returns all that authenticate, with the hashes of their tokens. */
  #clients(files: SecretFiles): readonly Owner[] {
    const { clientTokenEnv, clients } = this.#table;
    const shared = clientTokenEnv === undefined ? undefined : this.#tokens.get(clientTokenEnv);
    const stores = { tokens: this.#tokens, files };
    return [
      ...shared === undefined
        ? []
        : [{ path: `${clientTokenEnv}`, name: "all clients", hashes: [sha256(shared.reveal())] }],
      ...clients.map((client) => ({
        path: `the client ${client.name}`,
        name: `the client ${client.name}`,
        hashes: clientHashes(client, stores),
      })),
    ];
  }
}

interface Owner {
  /** For problems. */
  readonly path: string;
  readonly name: string;
  readonly hashes: readonly string[];
}

/** A secret that a route uses. */
interface TableSecret {
  readonly route: TokenFields & Parameters<typeof exposedSecrets>[0];
  readonly ref: SecretRef;
}

function tableSecrets(table: RouteTable): readonly TableSecret[] {
  return routesWithTokens(table).flatMap((route) => secretRefs(route).map((ref) => ({ route, ref })));
}

/** Returns the hashes of a secret and of the parts of it that a client could know instead. */
function hashesOf({ route, ref }: TableSecret, secret: Secret | undefined): readonly string[] {
  if (secret === undefined) return [];
  // A part of the keys that sign is not sent.
  const isSent = ref.kind === "token" && route.signWith === undefined;
  const parts = isSent ? exposedSecrets(route, secret).map(({ text }) => text) : [];
  return [...new Set([secret, ...parts].map((each) => sha256(each.reveal())))];
}
