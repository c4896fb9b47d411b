import { parseServiceAccountKey } from "../config/route/service_account_key.ts";
import { type GoogleServiceAccount, tokenFromName } from "../config/route/token_from.ts";
import { SYSTEM_CLOCK } from "../core/clock.ts";
import type { Secret } from "../core/secret.ts";
import { Assertions, type UnsignedAssertion } from "./assertions.ts";
import { Issuer } from "./issuer.ts";
import { IssuerError } from "./issuer_error.ts";
import type { Minted, Minter, MintInput } from "./minter.ts";
import { type MinterOptions, readInputs } from "./oauth2_minter.ts";
import { readReply } from "./token_reply.ts";

/** Google allows at most an hour, and issues tokens of that life, in seconds. */
const LIFE_S = 3600;

/**
 * Obtains tokens of a Google service account, by RFC 7523:
 * https://developers.google.com/identity/protocols/oauth2/service-account
 */
export class GoogleMinter implements Minter {
  readonly #from: GoogleServiceAccount;
  readonly #read: MinterOptions["read"];
  readonly #issuer: Issuer;
  readonly #assertions = new Assertions();

  constructor(from: GoogleServiceAccount, options: MinterOptions) {
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
    const { key: ref, endpoint, purpose, subject } = this.#from;
    const key = parseServiceAccountKey(this.#read(ref)?.reveal() ?? "", "");
    if (!key.ok) throw new IssuerError("the service account's key can't be used", { permanent: true });
    const { clientEmail, privateKey, privateKeyId, tokenUri } = key.value;
    // Otherwise a key from elsewhere would be presented to Google, or the other way round.
    if (tokenUri !== endpoint.url) {
      throw new IssuerError("the key is for another token_url than the table's", { permanent: true });
    }
    const iat = Math.floor(now / 1000);
    return {
      key: privateKey,
      content: {
        keyId: privateKeyId,
        claims: {
          iss: clientEmail,
          ...(subject === undefined ? {} : { sub: subject }),
          aud: tokenUri,
          iat,
          exp: iat + LIFE_S,
          ...("scopes" in purpose
            ? { scope: purpose.scopes.join(" ") }
            : { target_audience: purpose.audience }),
        },
      },
    };
  }

  async #ask(assertion: Secret): Promise<Minted> {
    const body = new URLSearchParams({
      grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
      assertion: assertion.reveal(),
    });
    const response = await this.#issuer.ask({
      target: this.#from.endpoint.target,
      fields: [["accept", "application/json"], ["content-type", "application/x-www-form-urlencoded"]],
      body: new TextEncoder().encode(body.toString()),
    });
    this.#assertions.observe(response);
    return readReply(response, {
      issuer: this.#issuer.name,
      token: "scopes" in this.#from.purpose ? "access_token" : "id_token",
      now: SYSTEM_CLOCK.wall(),
    });
  }
}
