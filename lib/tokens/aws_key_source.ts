import { secretName, type SecretRef, unsetReason } from "../config/route/secret_ref.ts";
import type { Secret } from "../core/secret.ts";
import { packAwsKeys } from "./aws_keys.ts";
import type { TokenSource } from "./token_source.ts";

/** A part of the keys, and where it comes from. */
export interface AwsKeyPart {
  readonly ref: SecretRef;
  readonly source: Pick<TokenSource, "current" | "former">;
}

/** Keys that the table's variables and files hold. Its token is all of them, as `packAwsKeys` returns them. */
export class AwsKeySource implements TokenSource {
  readonly #parts: readonly AwsKeyPart[];
  /** The values of the parts from which the token was made. */
  #values: readonly (Secret | undefined)[] = [];
  #current: Secret | undefined;

  /** @param parts The access key's identifier, the secret access key and, if there is one, the session token. */
  constructor(parts: readonly AwsKeyPart[]) {
    this.#parts = parts;
  }

  get current(): Secret | undefined {
    if (this.#parts.some(({ source }, at) => source.current !== this.#values[at])) {
      this.#values = this.#parts.map(({ source }) => source.current);
      const [accessKeyId, secretAccessKey, sessionToken] = this.#values;
      const isComplete = accessKeyId !== undefined && secretAccessKey !== undefined &&
        this.#values.every((value) => value !== undefined);
      this.#current = isComplete ? packAwsKeys({ accessKeyId, secretAccessKey, sessionToken }) : undefined;
    }
    return this.#current;
  }

  /** None: the former values of the parts are among the secrets. */
  get former(): readonly Secret[] {
    return [];
  }

  get secrets(): readonly Secret[] {
    return this.#parts.flatMap(({ source: { current, former } }) =>
      current === undefined ? former : [current, ...former]
    );
  }

  missing(): readonly string[] {
    return this.#parts.filter(({ source }) => source.current === undefined)
      .map(({ ref }) => `${secretName(ref)} ${unsetReason(ref)}`);
  }

  describe(): string {
    return `aws_sigv4 with ${this.#parts.map(({ ref }) => secretName(ref)).join(" and ")}`;
  }
}
