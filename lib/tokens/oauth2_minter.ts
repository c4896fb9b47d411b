import type { AssertionSigner, ClientProof, OAuth2, TokenFrom } from "../config/route/token_from.ts";
import { inputsOf, tokenFromName } from "../config/route/token_from.ts";
import { parsePrivateKey } from "../config/route/private_key.ts";
import type { SecretRef } from "../config/route/secret_ref.ts";
import { SYSTEM_CLOCK } from "../core/clock.ts";
import { Secret } from "../core/secret.ts";
import type { OutgoingField } from "../upstream/transport.ts";
import { Assertions } from "./assertions.ts";
import { Issuer, type IssuerOptions, type IssuerResponse } from "./issuer.ts";
import { IssuerError } from "./issuer_error.ts";
import type { Minted, Minter, MintInput } from "./minter.ts";
import type { RefreshToken } from "./refresh_token.ts";
import { errorCodeIn, readReply, replacementIn } from "./token_reply.ts";

/** What the minters of a process share. */
export interface MinterOptions extends IssuerOptions {
  /** Returns a secret, if it is set. */
  readonly read: (ref: SecretRef) => Secret | undefined;
}

/** Returns the inputs of a definition with their current values. */
export function readInputs(from: TokenFrom, read: MinterOptions["read"]): readonly MintInput[] {
  return inputsOf(from).map((ref) => ({ ref, secret: read(ref) }));
}

const JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
const JWT_TYPE = "urn:ietf:params:oauth:token-type:jwt";
const JWT_CLIENT_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/** The life of an assertion, in seconds: RFC 7523, section 3, wants it short, and Salesforce accepts three minutes. */
const ASSERTION_LIFE_S = 180;

/** Obtains tokens from an OAuth 2.0 token endpoint. */
export class OAuth2Minter implements Minter {
  readonly #from: OAuth2;
  readonly #read: MinterOptions["read"];
  readonly #issuer: Issuer;
  readonly #login: RefreshToken | undefined;
  readonly #assertions = new Assertions();

  /** @param login The refresh token, if the grant uses one. */
  constructor(from: OAuth2, options: MinterOptions, login: RefreshToken | undefined) {
    this.#from = from;
    this.#read = options.read;
    this.#issuer = new Issuer(from.endpoint, options);
    this.#login = login;
  }

  get name(): string {
    return tokenFromName(this.#from);
  }

  inputs(): readonly MintInput[] {
    return readInputs(this.#from, this.#read);
  }

  secrets(): readonly Secret[] {
    return [...this.#login?.secrets ?? [], ...this.#assertions.sent];
  }

  async mint(): Promise<Minted> {
    const { grant } = this.#from;
    switch (grant.type) {
      case "client_credentials":
        return await this.#ask([["grant_type", grant.type]]);
      case "refresh_token":
        return await this.#refresh(this.#login!);
      case "token_exchange":
        return await this.#ask([
          ["grant_type", TOKEN_EXCHANGE],
          ["subject_token", this.#reveal(grant.subjectToken)],
          ["subject_token_type", JWT_TYPE],
        ]);
      case "jwt_bearer":
        if ("assertion" in grant) {
          return await this.#ask([["grant_type", JWT_BEARER], ["assertion", this.#reveal(grant.assertion)]]);
        }
        return await this.#assertions.send(
          (now) => this.#sign(grant.signer, now),
          (assertion) => this.#ask([["grant_type", JWT_BEARER], ["assertion", assertion.reveal()]]),
        );
    }
  }

  /**
   * Uses the refresh token. Its replacement is kept before the rest of the response is examined: the old one is void,
   * even if the issuer sent no token that can be used.
   */
  async #refresh(login: RefreshToken): Promise<Minted> {
    let refused: IssuerResponse | undefined;
    const response = await login.use<IssuerResponse>(async (token) => {
      const response = await this.#send([["grant_type", "refresh_token"], ["refresh_token", token.reveal()]]);
      if (INVALID.has(errorCodeIn(response) ?? "")) {
        refused = response;
        return "invalid";
      }
      return { value: response, replacement: replacementIn(response) };
    });
    if (response !== "invalid") return this.#readReply(response);
    if (refused !== undefined) this.#readReply(refused);
    throw new IssuerError("there is no refresh token", { permanent: true });
  }

  async #ask(grant: readonly (readonly [string, string])[]): Promise<Minted> {
    return this.#readReply(await this.#send(grant));
  }

  #readReply(response: IssuerResponse): Minted {
    return readReply(response, {
      issuer: this.#issuer.name,
      token: "access_token",
      now: SYSTEM_CLOCK.wall(),
    });
  }

  /** Sends a token request: RFC 6749, section 3.2. */
  async #send(grant: readonly (readonly [string, string])[]): Promise<IssuerResponse> {
    const { clientId, clientProof, scope, audience, parameters, bodyFormat, endpoint } = this.#from;
    const body = new Map([...grant, ...parameters]);
    if (scope !== undefined) body.set("scope", scope);
    if (audience !== undefined) body.set("audience", audience);
    const fields: OutgoingField[] = [["accept", "application/json"]];
    this.#proveClient(clientProof, { body, fields });
    if (clientId !== undefined && !fields.some(([name]) => name === "authorization")) {
      body.set("client_id", clientId);
    }
    const isForm = bodyFormat === "form";
    fields.push(["content-type", isForm ? "application/x-www-form-urlencoded" : "application/json"]);
    const text = isForm
      ? new URLSearchParams([...body]).toString()
      : JSON.stringify(Object.fromEntries(body));
    const response = await this.#issuer.ask({
      target: endpoint.target,
      fields,
      body: new TextEncoder().encode(text),
    });
    this.#assertions.observe(response);
    return response;
  }

  /** Adds what proves who the client is: RFC 6749, section 2.3.1, and RFC 7523, section 2.2. */
  #proveClient(
    proof: ClientProof | undefined,
    { body, fields }: { body: Map<string, string>; fields: OutgoingField[] },
  ): void {
    if (proof === undefined) return;
    if (proof.kind === "assertion") {
      body.set("client_assertion_type", JWT_CLIENT_ASSERTION);
      body.set("client_assertion", this.#reveal(proof.assertion));
      return;
    }
    const secret = this.#reveal(proof.secret);
    if (proof.method === "body") {
      body.set("client_secret", secret);
      return;
    }
    // Each part is encoded as in a form first.
    const pair = [this.#from.clientId ?? "", secret].map(formEncode).join(":");
    fields.push(["authorization", Secret.of(`Basic ${btoa(pair)}`)]);
  }

  #reveal(ref: SecretRef): string {
    return this.#read(ref)?.reveal() ?? "";
  }

  #sign({ privateKey, keyId, issuer, subject, audience }: AssertionSigner, now: number) {
    const key = parsePrivateKey(this.#reveal(privateKey), "");
    if (!key.ok) throw new IssuerError("the private key can't be used", { permanent: true });
    const iat = Math.floor(now / 1000);
    return {
      key: key.value,
      content: {
        keyId,
        claims: {
          iss: issuer,
          sub: subject,
          aud: audience,
          iat,
          exp: iat + ASSERTION_LIFE_S,
          jti: crypto.randomUUID(),
        },
      },
    };
  }
}

/** The codes with which an issuer says that a refresh token can't be used any more. */
const INVALID: ReadonlySet<string> = new Set([
  "invalid_grant",
  "bad_refresh_token",
  "refresh_token_reused",
  "refresh_token_expired",
  "refresh_token_invalidated",
]);

function formEncode(text: string): string {
  return new URLSearchParams([["", text]]).toString().slice(1);
}
