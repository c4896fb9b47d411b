import { type RegistryLogin, tokenFromName } from "../config/route/token_from.ts";
import { SYSTEM_CLOCK } from "../core/clock.ts";
import { Secret } from "../core/secret.ts";
import { basicCredentials } from "../http/basic.ts";
import { Issuer } from "./issuer.ts";
import { IssuerError } from "./issuer_error.ts";
import type { Minted, Minter, MintInput } from "./minter.ts";
import { type MinterOptions, readInputs } from "./oauth2_minter.ts";
import { readReply } from "./token_reply.ts";

/** The life of a token whose life the registry does not state, in milliseconds, as the specification has it. */
const USUAL_LIFE_MS = 60_000;

/** What the tokens of one login share. */
export class RegistryIssuer {
  readonly from: RegistryLogin;
  readonly #read: MinterOptions["read"];
  readonly #issuer: Issuer;
  /** The password that the issuer rejected: to try it again for each repository may lock the user out. */
  #rejected: Secret | undefined;

  constructor(from: RegistryLogin, options: MinterOptions) {
    this.from = from;
    this.#read = options.read;
    this.#issuer = new Issuer(from.endpoint, options);
  }

  inputs(): readonly MintInput[] {
    return readInputs(this.from, this.#read);
  }

  /** The password alone where the secret has the user before it: a server that splits the two may show it. */
  secrets(): readonly Secret[] {
    const pair = this.from.user === undefined ? this.#read(this.from.password)?.reveal() : undefined;
    return pair?.includes(":") ? [Secret.of(pair.slice(pair.indexOf(":") + 1))] : [];
  }

  /** Tries the rejected password again: the configuration was loaded again. */
  retry(): void {
    this.#rejected = undefined;
  }

  /** Asks for a token for a scope: https://distribution.github.io/distribution/spec/auth/token/ */
  async ask(scope: string): Promise<Minted> {
    const { endpoint, service, user, password } = this.from;
    const secret = this.#read(password);
    if (secret !== undefined && secret === this.#rejected) {
      throw new IssuerError(`${this.#issuer.name} rejected the password`, { permanent: true });
    }
    const given = secret?.reveal() ?? "";
    const pair = user === undefined ? given : `${user}:${given}`;
    const query = new URLSearchParams({ service, ...scope === "" ? {} : { scope } });
    const response = await this.#issuer.ask({
      target: `${endpoint.target}?${query}`,
      fields: [
        ["accept", "application/json"],
        ["authorization", Secret.of(basicCredentials(pair))],
      ],
    });
    if (response.status === 401) this.#rejected = secret;
    const { token, lifeMs = USUAL_LIFE_MS } = readReply(response, {
      issuer: this.#issuer.name,
      // Either is allowed; both are the same where there are both.
      token: /"token"\s*:/.test(response.text) ? "token" : "access_token",
      now: SYSTEM_CLOCK.wall(),
    });
    return { token, lifeMs };
  }
}

/** Obtains the tokens for one scope. */
export class RegistryMinter implements Minter {
  readonly #issuer: RegistryIssuer;
  readonly #scope: string;

  constructor(issuer: RegistryIssuer, scope: string) {
    this.#issuer = issuer;
    this.#scope = scope;
  }

  get name(): string {
    return tokenFromName(this.#issuer.from);
  }

  inputs(): readonly MintInput[] {
    return this.#issuer.inputs();
  }

  secrets(): readonly Secret[] {
    return this.#issuer.secrets();
  }

  mint(): Promise<Minted> {
    return this.#issuer.ask(this.#scope);
  }
}
