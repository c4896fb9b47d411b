import type { Recipe } from "./recipe.ts";
import { shellQuote } from "../core/shell_quote.ts";

/** The recipe for gh, which has no setting for a base URL, but can send everything to a Unix socket. */
export const gh: Recipe = ({ route, url, socket, key }) => {
  // Without a token, gh asks the user to log in.
  const token = `export GH_TOKEN=${key}`;
  if (route.host === undefined) {
    return {
      clients: "gh, only gh api (other commands need a route with host, and CRED_PROXY_SOCKET)",
      // GH_ENTERPRISE_TOKEN is the one for hosts other than GitHub's.
      lines: [`${token} GH_ENTERPRISE_TOKEN=${key}`, `gh api ${shellQuote(`${url}/user`)}`],
    };
  }
  if (socket === undefined) {
    return { clients: "gh", lines: ["# gh needs a Unix socket: set CRED_PROXY_SOCKET"] };
  }
  return { clients: "gh", lines: [token, `gh config set http_unix_socket ${shellQuote(socket)}`] };
};
