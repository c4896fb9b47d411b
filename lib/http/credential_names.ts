/**
 * Names under which clients send credentials of their own, besides those that every HTTP client knows.
 *
 * A credential of the client's is not the secret. It is dropped because an upstream may prefer it: the agent would then act
 * as somebody else on an allowed host, and could carry data out to an account of an attacker's.
 *
 * @module
 */

/**
 * Fields in which services accept a key, token or session, in lower case, with dashes. From the services' own documents.
 *
 * Not listed, although their names suggest it: fields that mean nothing without a cookie (`x-csrf-token`,
 * `x-atlassian-token`), keys that do not authenticate (`idempotency-key`, `sec-websocket-key`, the keys with which an
 * object store encrypts), and keys that a service uses on the client's behalf at another one (`x-openai-api-key`).
 */
export const SERVICE_CREDENTIAL_FIELDS: ReadonlySet<string> = new Set([
  // Names that many services share.
  ..."access-token api-token apikey auth-token authentication client-secret dpop id-token jwt".split(" "),
  ..."oauth-token session-token token x-access-key x-access-token x-api-secret x-api-token x-apikey".split(
    " ",
  ),
  ..."x-app-key x-app-token x-auth x-auth-key x-auth-token x-authentication x-authorization".split(" "),
  ..."x-bearer-token x-client-secret x-id-token x-jwt x-jwt-assertion x-key x-oauth-token".split(" "),
  ..."x-refresh-token x-secret x-secret-key x-secret-token x-session-token x-token x-user-token".split(" "),
  // Proxies and gateways in front of a service.
  ..."cf-access-client-id cf-access-client-secret cf-access-jwt-assertion cf-access-token".split(" "),
  ..."kong-admin-token x-amzn-oidc-accesstoken x-amzn-oidc-data".split(" "),
  ..."x-auth-request-access-token x-forwarded-access-token x-forwarded-authorization".split(" "),
  ..."x-goog-authenticated-user-id x-goog-iap-jwt-assertion x-gravitee-api-key x-mashape-key".split(" "),
  ..."x-original-authorization x-rapidapi-key x-rapidapi-proxy-secret x-serverless-authorization".split(" "),
  ..."x-tyk-authorization".split(" "),
  // Clouds and their parts.
  ..."aeg-sas-key aeg-sas-token fastly-key x-amz-access-token x-amz-security-token".split(" "),
  ..."x-auth-user-service-key x-aws-ec2-metadata-token x-cerberus-token x-consul-token".split(" "),
  ..."x-functions-key x-goog-iam-authorization-token x-ibm-client-secret x-ms-authorization-auxiliary".split(
    " ",
  ),
  ..."x-ms-client-principal x-ms-token-aad-access-token x-ncp-apigw-api-key x-ncp-iam-access-key".split(" "),
  ..."x-nomad-token x-ovh-consumer x-ovh-signature x-service-token x-storage-token x-subject-token".split(
    " ",
  ),
  ..."x-vault-token x-zumo-auth".split(" "),
  // Object stores.
  ..."security-token sharedaccesssignature x-bz-authorization x-container-meta-temp-url-key".split(" "),
  ..."x-cos-security-token x-delegate-token x-ms-copy-source-authorization x-obs-security-token".split(" "),
  ..."x-oss-security-token".split(" "),
  // Code forges, builds and packages.
  ..."circle-token deploy-token job-token private-token x-buildkite-token x-circle-token".split(" "),
  ..."x-docker-token x-gerrit-auth x-gitea-otp x-github-otp x-github-token x-gitlab-static-object-token"
    .split(" "),
  ..."x-gitlab-token x-jfrog-art-api x-nuget-apikey x-octopus-apikey x-redmine-api-key".split(" "),
  ..."x-registry-auth x-registry-config".split(" "),
  // Observability.
  ..."dd-api-key dd-application-key x-honeycomb-team x-insert-key x-license-key x-papertrail-token".split(
    " ",
  ),
  ..."x-query-key x-rollbar-access-token x-scope-token x-sentry-auth x-sentry-token".split(" "),
  // Data, search and backends.
  ..."x-algolia-api-key x-appwrite-jwt x-appwrite-key x-appwrite-session x-hasura-access-key".split(" "),
  ..."x-hasura-admin-secret x-meili-api-key x-parse-javascript-key x-parse-master-key".split(" "),
  ..."x-parse-rest-api-key x-parse-session-token x-pinecone-api-key x-tableau-auth".split(" "),
  ..."x-typesense-api-key".split(" "),
  // Models and media.
  ..."anthropic-api-key openai-api-key x-anthropic-api-key x-subscription-token xi-api-key".split(" "),
  // Business and everything else.
  ..."cb-access-key cb-access-passphrase cb-access-sign user-api-key x-cg-demo-api-key".split(" "),
  ..."x-cg-pro-api-key x-cisco-meraki-api-key x-cmc-pro-api-key x-emby-token x-figma-token".split(" "),
  ..."x-finnhub-token x-ha-access x-hassio-key x-mbx-apikey x-naver-client-secret x-plex-token".split(" "),
  ..."x-postmark-account-token x-postmark-server-token x-redlock-auth x-riot-token".split(" "),
  ..."x-sfdc-session x-shopify-access-token x-shopify-storefront-access-token".split(" "),
  "shopify-storefront-private-token",
]);

/**
 * Parameters of a query in which services accept a credential, as {@linkcode foldParameter} returns them.
 *
 * Not listed is what has other meanings too often (`token`, `sig`, `signature`); a route's `drop_query` adds those.
 */
export const CREDENTIAL_PARAMETERS: ReadonlySet<string> = new Set([
  ..."accesstoken apikey apitoken authtoken authorization clientsecret jobtoken key oauthtoken".split(" "),
  ..."privatetoken sessiontoken subscriptionkey xapikey xauthtoken xgoogapikey".split(" "),
  // URLs that are signed in advance: an object store takes the signature for the caller's identity.
  ..."awsaccesskeyid googleaccessid xamzcredential xamzsecuritytoken xamzsignature".split(" "),
  ..."xgoogcredential xgoogsignature".split(" "),
]);

/**
 * Returns the form in which the names of parameters are compared: decoded, without case, and without anything but letters
 * and digits, since servers treat `api_key`, `api-key`, `api.key` and `API%5FKEY` as one. What follows a `[` or a NUL is
 * not part of the name: to PHP and Rack `key[]` is `key`.
 *
 * @param name The name as the query spells it.
 */
export function foldParameter(name: string): string {
  if (PLAIN.test(name)) return name;
  const decoded = decodeRepeatedly(name).normalize("NFKC").replace(/^[^\p{L}\p{N}]+/u, "");
  return (/^[^[\0]*/.exec(decoded)?.[0] ?? "").toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, "");
}

const PLAIN = /^[a-z0-9]*$/;

/** How often a name is decoded at most: some servers do it twice, none oftener. */
const DECODINGS = 3;

/** Decodes percent-encoding, and the `%uXXXX` of older servers, until nothing changes. */
export function decodeRepeatedly(text: string): string {
  let result = text.replaceAll("+", " ");
  for (let count = 0; count < DECODINGS && result.includes("%"); count++) result = decodeOnce(result);
  return result;
}

function decodeOnce(text: string): string {
  const plain = text.replaceAll(
    /%u([0-9a-f]{4})/gi,
    (_, digits) => String.fromCharCode(parseInt(digits, 16)),
  );
  try {
    return decodeURIComponent(plain);
  } catch {
    // Not UTF-8, or a stray percent sign: byte by byte, as lenient servers do.
    return plain.replaceAll(/%([0-9a-f]{2})/gi, (_, digits) => String.fromCharCode(parseInt(digits, 16)));
  }
}
