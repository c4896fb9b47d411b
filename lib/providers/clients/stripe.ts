import { jsKey, libraryLine, literal, pythonKey } from "./library.ts";
import type { Endpoint } from "./endpoint.ts";
import type { Recipe } from "./recipe.ts";

/** The only path that Stripe's library for Node asks for, whatever it is told. */
const NODE_PATH = "/v1/";

/** The recipe for Stripe's libraries, which append `/v1/` to the URL. */
export const stripe: Recipe = (endpoint) => {
  const addresses = `{"api": ${literal(endpoint.url)}}`;
  return {
    clients: "Stripe's libraries",
    lines: endpoint.route.path === NODE_PATH ? [node(endpoint)] : [
      libraryLine("Python", `stripe.StripeClient(${pythonKey(endpoint)}, base_addresses=${addresses})`),
      `# Node: only with the route's path ${NODE_PATH}, and ${
        NODE_PATH.slice(0, -1)
      } at the end of its upstream`,
    ],
  };
};

function node(endpoint: Endpoint): string {
  const { hostname, port } = new URL(endpoint.origin);
  const options = `{ protocol: "http", host: ${literal(hostname)}, port: ${port || 80} }`;
  return libraryLine("Node", `new Stripe(${jsKey(endpoint)}, ${options})`);
}
