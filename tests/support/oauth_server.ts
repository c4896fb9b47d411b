/**
 * A real OAuth 2.0 server (oidc-provider) that replaces a refresh token with each use, and revokes the whole login when an
 * old one is used again.
 *
 * @module
 */

import { createServer } from "node:http";
import Provider from "oidc-provider";

/** A running server. */
export interface OAuthServer extends AsyncDisposable {
  /** Its origin; the token endpoint is `/token` below it. */
  readonly url: string;
  /** Logs somebody in and returns the refresh token. */
  login(): Promise<string>;
  /** Whether an access token is valid now. */
  accepts(accessToken: string): Promise<boolean>;
}

/** The client that may use the server. */
export const CLIENT = { id: "cred-proxy", secret: "client-secret+/=Wq7Zt2LmK9xB4vNc" } as const;

/** Starts a server on a free port. @param accessTokenLife How long access tokens are valid, in seconds. */
export async function startOAuthServer(accessTokenLife: number): Promise<OAuthServer> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  const { warn, info } = console;
  // It complains about the runtime, and that its tokens are in memory, where they are to be.
  console.warn = console.info = () => {};
  const provider = new Provider(url, {
    clients: [{
      client_id: CLIENT.id,
      client_secret: CLIENT.secret,
      grant_types: ["authorization_code", "refresh_token", "client_credentials"],
      redirect_uris: [`${url}/unused`],
      response_types: ["code"],
    }],
    scopes: ["openid", "offline_access", "api"],
    rotateRefreshToken: true,
    features: { devInteractions: { enabled: false }, clientCredentials: { enabled: true } },
    findAccount: (_: unknown, accountId: string) => ({ accountId, claims: () => ({ sub: accountId }) }),
    ttl: {
      AccessToken: accessTokenLife,
      ClientCredentials: accessTokenLife,
      IdToken: 60,
      RefreshToken: 3600,
      Grant: 3600,
    },
  });
  Object.assign(console, { warn, info });
  server.on("request", provider.callback());
  return {
    url,
    async login() {
      const client = await provider.Client.find(CLIENT.id);
      const grant = new provider.Grant({ accountId: "somebody", clientId: CLIENT.id });
      grant.addOIDCScope("openid offline_access api");
      const token = new provider.RefreshToken({
        accountId: "somebody",
        client,
        grantId: await grant.save(),
        gty: "authorization_code",
        scope: "openid offline_access api",
        authTime: Math.floor(Date.now() / 1000),
      });
      return await token.save();
    },
    async accepts(accessToken) {
      const found = await provider.AccessToken.find(accessToken) ??
        await provider.ClientCredentials.find(accessToken);
      return found !== undefined;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
