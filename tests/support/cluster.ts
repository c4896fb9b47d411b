/**
 * A Kubernetes cluster as far as tokens go: it signs them as its API server does, with keys of its own.
 *
 * @module
 */

import { exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";

/** The cluster's name for itself. */
export const ISSUER = "https://kubernetes.default.svc.cluster.local";

/** The audience of the tokens that it projects for the proxy. */
export const AUDIENCE = "cred-proxy";

/** A key of the cluster. */
export interface ClusterKey {
  readonly id: string | undefined;
  readonly algorithm: string;
  readonly privateKey: CryptoKey;
  readonly publicJwk: JWK;
}

/** Makes a key. */
export async function makeKey(
  algorithm: string,
  id: string | undefined,
): Promise<ClusterKey> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, {
    extractable: true,
  });
  const publicJwk = {
    ...await exportJWK(publicKey),
    use: "sig",
    alg: algorithm,
    ...id === undefined ? {} : { kid: id },
  };
  return { id, algorithm, privateKey, publicJwk };
}

/** Returns the key set that the cluster publishes at `/openid/v1/jwks`. */
export function jwks(...keys: readonly ClusterKey[]): string {
  return JSON.stringify({ keys: keys.map(({ publicJwk }) => publicJwk) });
}

/** Returns all claims of a projected service account token as an API server of 1.29 writes them, with differences. */
export function podClaims(
  differences: Record<string, unknown> = {},
): Record<string, unknown> {
  const now = Math.floor(Date.now() / 1000);
  return {
    aud: [AUDIENCE],
    exp: now + 3600,
    iat: now,
    iss: ISSUER,
    jti: "ea28ed49-2e11-4280-9ec5-bc3d1d84661a",
    "kubernetes.io": {
      namespace: "agents",
      node: { name: "node-1", uid: "58456cb0-dd00-45ed-b797-5578fdceaced" },
      pod: { name: "coder-7d9f8", uid: "778a530c-b3f4-47c0-9cd5-ab018fb64f33" },
      serviceaccount: {
        name: "coder",
        uid: "a087d5a0-e1dd-43ec-93ac-f13d89cd13af",
      },
    },
    nbf: now,
    sub: "system:serviceaccount:agents:coder",
    ...differences,
  };
}

/** Signs a pod's token. */
export function podToken(
  { privateKey, algorithm, id }: ClusterKey,
  differences: Record<string, unknown> = {},
  header: Record<string, unknown> = {},
): Promise<string> {
  return new SignJWT(podClaims(differences))
    .setProtectedHeader({
      alg: algorithm,
      ...id === undefined ? {} : { kid: id },
      ...header,
    })
    .sign(privateKey);
}
