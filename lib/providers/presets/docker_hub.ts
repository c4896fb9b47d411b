import { containerRegistry } from "../clients/container_registry.ts";
import type { Provider, ProviderRoute } from "../provider.ts";

/** Where layers come from: the registry redirects to one of these, with a signed URL. */
const STORAGE: readonly (readonly [name: string, host: string])[] = [
  ["cloudflare", "production.cloudflare.docker.com"],
  ["cloudfront", "production.cloudfront.docker.com"],
  ["r2", "docker-images-prod.6aa30f8b08e16409b46e0173d6de2f56.r2.cloudflarestorage.com"],
];

export const dockerHub: Provider = {
  name: "docker-hub",
  title: "Docker Hub, with an access token",
  routes: [
    {
      fields: {
        // Clients of a registry ask for this path and no other.
        path: "/v2/",
        upstream: "https://registry-1.docker.io/v2",
        auth_scheme: "Bearer",
        token_from: {
          registry: {
            token_url: "https://auth.docker.io/token",
            service: "registry.docker.io",
            password_env: "DOCKER_HUB_LOGIN",
          },
        },
      },
      clients: [containerRegistry],
      proof: { path: "/", refusalSource: "https://distribution.github.io/distribution/spec/auth/jwt" },
    },
    ...STORAGE.map(([name, host]): ProviderRoute => ({
      fields: {
        path: `/docker-hub-${name}/`,
        upstream: `https://${host}`,
        anonymous: true,
        methods: ["GET", "HEAD"],
      },
      clients: [],
    })),
  ],
  secrets: [{
    variable: "DOCKER_HUB_LOGIN",
    what: "USER:TOKEN, with a personal access token that may only read, unless the agent is to push",
    from: "https://app.docker.com/settings/personal-access-tokens",
  }],
  sources: [
    "https://docs.docker.com/reference/api/registry/auth/",
    "https://docs.docker.com/desktop/setup/allow-list/",
  ],
};
