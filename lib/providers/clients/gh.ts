import { shellQuote } from "../../core/shell_quote.ts";
import type { Recipe } from "./recipe.ts";

/** The recipe for gh, which has no setting for a base URL, but can send everything to a Unix socket. */
export const gh: Recipe = ({ route, url, socket, key }) => {
  if (route.host === undefined) {
    return {
      clients: "gh, only gh api (other commands need a route with host, and CRED_PROXY_SOCKET)",
      lines: [
        // Without a token, gh asks the user to log in. GH_ENTERPRISE_TOKEN is the one for hosts other than GitHub's.
        { export: [["GH_TOKEN", key], ["GH_ENTERPRISE_TOKEN", key]] },
        `gh api ${shellQuote(`${url}/user`)}`,
      ],
    };
  }
  if (socket === undefined) {
    return { clients: "gh", lines: ["# gh needs a Unix socket: set CRED_PROXY_SOCKET"] };
  }
  return {
    clients: "gh",
    lines: [{ export: [["GH_TOKEN", key]] }, `gh config set http_unix_socket ${shellQuote(socket)}`],
  };
};
