import { Secret } from "../core/secret.ts";

/** The keys with which requests to AWS are signed. */
export interface AwsKeys {
  readonly accessKeyId: Secret;
  readonly secretAccessKey: Secret;
  /** Undefined for keys that do not expire. */
  readonly sessionToken: Secret | undefined;
}

/** Returns keys as one secret, since they are only valid together. */
export function packAwsKeys({ accessKeyId, secretAccessKey, sessionToken }: AwsKeys): Secret {
  return Secret.of(
    JSON.stringify([accessKeyId.reveal(), secretAccessKey.reveal(), sessionToken?.reveal() ?? null]),
  );
}

/** Returns the keys in what {@linkcode packAwsKeys} returned. */
export function unpackAwsKeys(packed: Secret): AwsKeys {
  const [accessKeyId, secretAccessKey, sessionToken] = JSON.parse(packed.reveal()) as [
    string,
    string,
    string | null,
  ];
  return {
    accessKeyId: Secret.of(accessKeyId),
    secretAccessKey: Secret.of(secretAccessKey),
    sessionToken: sessionToken === null ? undefined : Secret.of(sessionToken),
  };
}
