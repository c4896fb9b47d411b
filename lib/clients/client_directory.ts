import type { ClientConfig } from "../config/route/route_config.ts";
import { matchesSubject, SUBJECT_LIMIT } from "../config/route/subject.ts";
import type { Secret } from "../core/secret.ts";
import { BoundedMap } from "../core/bounded_map.ts";
import { sha256 } from "../core/sha256.ts";
import type { Issuer, Verified } from "./issuer.ts";
import { issuerOf, type Jwt, parseJwt } from "./jwt.ts";

/** A client with its configuration. */
export interface Registered {
  readonly config: ClientConfig;
}

/** Who presented a token. */
export interface Identity<Client extends Registered> {
  readonly client: Client;
  /** With a token of the client's own: its SHA-256. */
  readonly tokenHash: string | undefined;
  /** With a token of an issuer: its subject. */
  readonly subject: string | undefined;
  /** With a token of a Kubernetes cluster: the pod that it was issued for. */
  readonly pod: string | undefined;
}

/** What a directory looks up. */
export interface DirectoryOptions<Client extends Registered> {
  readonly clients: readonly Client[];
  readonly issuers: readonly Issuer[];
  /** Returns the SHA-256 of each token by which a client is known now. */
  hashesOf(client: Client): readonly string[];
  /** Returns the secrets of the table, none of which identifies a client: clients must not know them. */
  secrets(): Iterable<Secret>;
  /** Returns a number that changes when any of those does. */
  version(): number;
}

/** The maximum length of a token, in characters: hashing a longer one would be work for nothing. */
const TOKEN_LIMIT = 16 * 1024;

/** The maximum number of verified tokens that are remembered. */
const VERIFIED_LIMIT = 4096;

/** A token of an issuer that has been verified, and whose it is. */
interface Remembered<Client extends Registered> {
  readonly identity: Identity<Client>;
  readonly verified: Verified;
  readonly issuer: Issuer;
}

/**
 * Finds clients by the token that they present.
 *
 * A token is looked up by its hash. So the time neither grows with the number of clients nor depends on how much of
 * anybody's token was guessed: who changes one bit of a guess changes all of the hash.
 */
export class ClientDirectory<Client extends Registered> {
  readonly #options: DirectoryOptions<Client>;
  readonly #issuers: ReadonlyMap<string, Issuer>;
  readonly #subjects: readonly Client[];
  #byHash = new Map<string, Identity<Client>>();
  #version: number | undefined;
  /**
   * The hashes of tokens that were found, so that clients who come again cost no hash. Who guesses is never among them, and
   * learns nothing: a whole token is looked up, by a hash of V8's own with a seed that changes with each process.
   */
  readonly #hashes = new BoundedMap<string, string>(VERIFIED_LIMIT);
  /** By hash, the oldest first. */
  readonly #verified = new BoundedMap<string, Remembered<Client>>(VERIFIED_LIMIT);

  constructor(options: DirectoryOptions<Client>) {
    this.#options = options;
    this.#issuers = new Map(options.issuers.map((issuer) => [issuer.name, issuer]));
    this.#subjects = options.clients.filter(({ config }) => config.proof.kind === "subject")
      .toSorted((left, right) => specificity(right) - specificity(left));
  }

  /**
   * Returns who presents a token; undefined if nobody does.
   *
   * @throws {Refusal} `keys_unavailable` if the token names an issuer whose keys could not be read.
   */
  find(token: string): Identity<Client> | undefined | Promise<Identity<Client> | undefined> {
    if (token.length > TOKEN_LIMIT) return undefined;
    const version = this.#options.version();
    if (version !== this.#version) this.#index(version);
    const cached = this.#hashes.get(token);
    const hash = cached ?? sha256(token);
    const known = this.#byHash.get(hash);
    if (known !== undefined && cached === undefined) this.#hashes.set(token, hash);
    if (known !== undefined || this.#issuers.size === 0) return known;
    const remembered = this.#verified.get(hash);
    if (remembered !== undefined) {
      const { identity, verified, issuer } = remembered;
      if (issuer.holds(verified, Date.now())) {
        if (cached === undefined) this.#hashes.set(token, hash);
        return identity;
      }
      this.#verified.delete(hash);
      this.#hashes.delete(token);
    }
    const jwt = parseJwt(token);
    const issuer = jwt && this.#issuers.get(issuerOf(jwt) ?? "");
    return jwt === undefined || issuer === undefined ? undefined : this.#verify(hash, jwt, issuer);
  }

  async #verify(hash: string, jwt: Jwt, issuer: Issuer): Promise<Identity<Client> | undefined> {
    const verified = await issuer.verify(jwt);
    if (verified === undefined) return undefined;
    const { subject, pod } = verified.claims;
    const client = this.#subjects.find(({ config: { proof } }) =>
      proof.kind === "subject" && proof.issuer === issuer.name && matchesSubject(proof.subject, subject)
    );
    if (client === undefined) return undefined;
    const identity = { client, tokenHash: undefined, subject, pod };
    this.#verified.set(hash, { identity, verified, issuer });
    return identity;
  }

  /**
   * Indexes the clients by the hashes of their current tokens. A token that two clients have is nobody's, and so is one
   * that is a secret of the table: a rotation can make it one.
   */
  #index(version: number): void {
    const index = new Map<string, Identity<Client>>();
    const excluded = new Set<string>();
    for (const client of this.#options.clients) {
      for (const hash of this.#options.hashesOf(client)) {
        if (index.has(hash)) excluded.add(hash);
        index.set(hash, { client, tokenHash: hash, subject: undefined, pod: undefined });
      }
    }
    for (const secret of this.#options.secrets()) excluded.add(sha256(secret.reveal()));
    for (const hash of excluded) index.delete(hash);
    this.#byHash = index;
    this.#hashes.clear();
    this.#version = version;
  }
}

/** Returns a number by which a pattern without wildcards comes first, then the one with the most characters besides them. */
function specificity({ config: { proof } }: Registered): number {
  if (proof.kind !== "subject") return 0;
  const { text, parts } = proof.subject;
  return parts === undefined ? SUBJECT_LIMIT : text.length - parts.length;
}
