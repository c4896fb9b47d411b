import type { Recipe } from "./recipe.ts";
import { shellQuote } from "./shell_quote.ts";

/** gh knows no base URL, but can be made to send everything to a Unix socket. */
export const gh: Recipe = ({ route, url, socket, key }) => {
  // Without a token of some kind gh asks the person to log in.
  const token = `export GH_TOKEN=${key}`;
  if (route.host === undefined) {
    return {
      clients: "gh, its command api alone (the others want a route by host, and CRED_PROXY_SOCKET)",
      // To a host that is not GitHub's, gh sends the second.
      lines: [`${token} GH_ENTERPRISE_TOKEN=${key}`, `gh api ${shellQuote(`${url}/user`)}`],
    };
  }
  if (socket === undefined) {
    return { clients: "gh", lines: ["# gh needs a Unix socket: set CRED_PROXY_SOCKET"] };
  }
  return { clients: "gh", lines: [token, `gh config set http_unix_socket ${shellQuote(socket)}`] };
};
