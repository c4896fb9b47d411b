/**
 * How a route's requests are signed. Only the readers in `sign_with_fields.ts` create these values.
 *
 * @module
 */

import type { SecretRef } from "./secret_ref.ts";

/** AWS Signature Version 4. */
export interface SignWith {
  readonly region: string;
  /** The service's signing name, such as `s3` or `bedrock`. */
  readonly service: string;
  /** The keys; undefined if they come from a role, which is then the route's `tokenFrom`. */
  readonly keys: AwsKeyRefs | undefined;
}

/** Where the keys come from. */
export interface AwsKeyRefs {
  readonly accessKeyId: SecretRef;
  readonly secretAccessKey: SecretRef;
  /** Undefined for keys that do not expire. */
  readonly sessionToken: SecretRef | undefined;
}

/** Returns all secrets of which the keys consist, in a fixed order. */
export function keyRefs({ keys }: SignWith): readonly SecretRef[] {
  if (keys === undefined) return [];
  const { accessKeyId, secretAccessKey, sessionToken } = keys;
  return [accessKeyId, secretAccessKey, ...sessionToken === undefined ? [] : [sessionToken]];
}
