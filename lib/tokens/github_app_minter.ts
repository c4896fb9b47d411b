import { parsePrivateKey } from "../config/route/private_key.ts";
import { type GitHubApp, tokenFromName } from "../config/route/token_from.ts";
import { SYSTEM_CLOCK } from "../core/clock.ts";
import { Secret } from "../core/secret.ts";
import { Assertions, type UnsignedAssertion } from "./assertions.ts";
import { Issuer } from "./issuer.ts";
import { IssuerError } from "./issuer_error.ts";
import type { Minted, Minter, MintInput } from "./minter.ts";
import { type MinterOptions, readInputs } from "./oauth2_minter.ts";
import { readReply } from "./token_reply.ts";

/** GitHub wants the time of issue in the past, in case the clocks differ, in seconds. */
const BACKDATE_S = 60;

/** GitHub refuses more than ten minutes from the time of issue, in seconds. */
const LIFE_S = 540;

/**
 * Obtains installation tokens of a GitHub App:
 * https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app
 */
export class GitHubAppMinter implements Minter {
  readonly #from: GitHubApp;
  readonly #read: MinterOptions["read"];
  readonly #issuer: Issuer;
  readonly #assertions = new Assertions();

  constructor(from: GitHubApp, options: MinterOptions) {
    this.#from = from;
    this.#read = options.read;
    this.#issuer = new Issuer(from.endpoint, options);
  }

  get name(): string {
    return tokenFromName(this.#from);
  }

  inputs(): readonly MintInput[] {
    return readInputs(this.#from, this.#read);
  }

  secrets(): readonly Secret[] {
    return this.#assertions.sent;
  }

  mint(): Promise<Minted> {
    return this.#assertions.send((now) => this.#assertion(now), (assertion) => this.#ask(assertion));
  }

  #assertion(now: number): UnsignedAssertion {
    const key = parsePrivateKey(this.#read(this.#from.privateKey)?.reveal() ?? "", "");
    if (!key.ok) throw new IssuerError("the private key can't be used", { permanent: true });
    const iat = Math.floor(now / 1000) - BACKDATE_S;
    return { key: key.value, content: { claims: { iat, exp: iat + LIFE_S, iss: this.#from.appId } } };
  }

  async #ask(assertion: Secret): Promise<Minted> {
    const { endpoint, installationId, repositories, permissions } = this.#from;
    const narrowed = {
      ...(repositories === undefined ? {} : { repositories }),
      ...(permissions === undefined ? {} : { permissions: Object.fromEntries(permissions) }),
    };
    const response = await this.#issuer.ask({
      target: `${endpoint.upstream.base}/app/installations/${installationId}/access_tokens`,
      fields: [
        ["accept", "application/vnd.github+json"],
        ["x-github-api-version", "2022-11-28"],
        ["content-type", "application/json"],
        ["authorization", Secret.of(`Bearer ${assertion.reveal()}`)],
      ],
      body: new TextEncoder().encode(JSON.stringify(narrowed)),
    });
    this.#assertions.observe(response);
    return readReply(response, { issuer: this.#issuer.name, token: "token", now: SYSTEM_CLOCK.wall() });
  }
}
