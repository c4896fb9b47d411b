/**
 * How a route's token is obtained from an issuer. Only the readers in `token_from_fields.ts` create these values.
 *
 * @module
 */

import type { SecretRef } from "./secret_ref.ts";
import type { Upstream } from "./upstream.ts";

/** A URL from which tokens are fetched. */
export interface TokenEndpoint {
  readonly upstream: Upstream;
  /** The request target: the path as the table spells it. */
  readonly target: string;
  /** The URL in the table's spelling, to which assertions are addressed. */
  readonly url: string;
}

/** The definition of a minted token. */
export type TokenFrom = OAuth2 | GitHubApp | GoogleServiceAccount | AwsRole | RegistryLogin;

/** A token from an OAuth 2.0 token endpoint: RFC 6749, section 3.2. */
export interface OAuth2 {
  readonly kind: "oauth2";
  readonly endpoint: TokenEndpoint;
  readonly grant: OAuth2Grant;
  readonly clientId: string | undefined;
  /** How the client proves who it is; undefined for a public client. */
  readonly clientProof: ClientProof | undefined;
  /** The scopes to ask for, separated by spaces. */
  readonly scope: string | undefined;
  readonly audience: string | undefined;
  /** Further parameters of the request, by name. */
  readonly parameters: ReadonlyMap<string, string>;
  /** The media type of the request. RFC 6749 has forms; some servers take JSON only. */
  readonly bodyFormat: "form" | "json";
}

/** What is exchanged for a token. */
export type OAuth2Grant =
  | { readonly type: "client_credentials" }
  /** RFC 6749, section 6. The server may replace the refresh token with each use. */
  | { readonly type: "refresh_token"; readonly refreshToken: SecretRef }
  /** RFC 7523, section 2.1: an assertion that somebody else signed. */
  | { readonly type: "jwt_bearer"; readonly assertion: SecretRef }
  /** RFC 7523, section 2.1: an assertion that is signed here. */
  | { readonly type: "jwt_bearer"; readonly signer: AssertionSigner }
  /** RFC 8693. */
  | { readonly type: "token_exchange"; readonly subjectToken: SecretRef };

/** Signs assertions with RS256: RFC 7523, section 3. */
export interface AssertionSigner {
  readonly privateKey: SecretRef;
  readonly keyId: string | undefined;
  readonly issuer: string;
  readonly subject: string;
  readonly audience: string;
}

/** How a client authenticates: RFC 6749, section 2.3. */
export type ClientProof =
  | { readonly kind: "secret"; readonly secret: SecretRef; readonly method: "basic" | "body" }
  /** RFC 7523, section 2.2. */
  | { readonly kind: "assertion"; readonly assertion: SecretRef };

/** An installation token of a GitHub App. */
export interface GitHubApp {
  readonly kind: "github_app";
  /** The API's base URL. */
  readonly endpoint: TokenEndpoint;
  /** The app's number, or its client ID. */
  readonly appId: string;
  readonly installationId: string;
  readonly privateKey: SecretRef;
  /** The names of the only repositories that the token is for; undefined: all of the installation's. */
  readonly repositories: readonly string[] | undefined;
  /** The only permissions of the token, by name; undefined: all of the installation's. */
  readonly permissions: ReadonlyMap<string, string> | undefined;
}

/** An access token or ID token of a Google service account. */
export interface GoogleServiceAccount {
  readonly kind: "google_service_account";
  readonly endpoint: TokenEndpoint;
  readonly key: SecretRef;
  /** What the token is for: scopes of an access token, or the audience of an ID token. */
  readonly purpose:
    | { readonly scopes: readonly string[] }
    | { readonly audience: string };
  /** The user on whose behalf the token is issued: domain-wide delegation. */
  readonly subject: string | undefined;
}

/** The keys of an AWS role, from AWS's Security Token Service. They sign requests. */
export interface AwsRole {
  readonly kind: "aws_role";
  readonly endpoint: TokenEndpoint;
  readonly roleArn: string;
  /** The name under which the role's use appears in AWS's own log. */
  readonly sessionName: string;
  /** The token that proves who asks, from an issuer that the role trusts. */
  readonly webIdentityToken: SecretRef;
}

/**
 * Tokens of a registry of container images, each for one repository and what is done with it:
 * https://distribution.github.io/distribution/spec/auth/token/
 */
export interface RegistryLogin {
  readonly kind: "registry";
  readonly endpoint: TokenEndpoint;
  /** The registry's name, as its challenges state it. */
  readonly service: string;
  /** Undefined: the password is `user:password`. */
  readonly user: string | undefined;
  readonly password: SecretRef;
}

/** Returns every secret from which a token is minted, in a fixed order. */
export function inputsOf(from: TokenFrom): readonly SecretRef[] {
  switch (from.kind) {
    case "oauth2":
      return [...proofInputs(from.clientProof), ...grantInputs(from.grant)];
    case "github_app":
      return [from.privateKey];
    case "google_service_account":
      return [from.key];
    case "aws_role":
      return [from.webIdentityToken];
    case "registry":
      return [from.password];
  }
}

function proofInputs(proof: ClientProof | undefined): readonly SecretRef[] {
  if (proof === undefined) return [];
  return [proof.kind === "secret" ? proof.secret : proof.assertion];
}

function grantInputs(grant: OAuth2Grant): readonly SecretRef[] {
  switch (grant.type) {
    case "client_credentials":
      return [];
    case "refresh_token":
      return [grant.refreshToken];
    case "jwt_bearer":
      return ["assertion" in grant ? grant.assertion : grant.signer.privateKey];
    case "token_exchange":
      return [grant.subjectToken];
  }
}

/** Returns a display name: the kind and the issuer's host, no client and no secret. */
export function tokenFromName(from: TokenFrom): string {
  const { authority } = from.endpoint.upstream;
  switch (from.kind) {
    case "oauth2":
      return `oauth2 ${from.grant.type} at ${authority}`;
    case "github_app":
      return `github_app at ${authority}`;
    case "google_service_account":
      return `google_service_account at ${authority}`;
    case "aws_role":
      return `aws_role at ${authority}`;
    case "registry":
      return `registry at ${authority}`;
  }
}

/** Reports whether the issuer may replace what the token is obtained with, so that it has to be kept. */
export function rotates(from: TokenFrom): boolean {
  return from.kind === "oauth2" && from.grant.type === "refresh_token";
}
