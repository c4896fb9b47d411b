import type { Recipe } from "./recipe.ts";
import { shellQuote } from "../../core/shell_quote.ts";

/** The recipe for curl, and for any other client that takes a URL. */
export const curl: Recipe = ({ route, origin, url, socket, keyVariable }) => {
  const key = keyVariable === undefined ? "" : ` -H "Authorization: Bearer $${keyVariable}"`;
  if (route.host === undefined) {
    return {
      clients: "curl, and any client that takes a URL",
      lines: [`curl${key} ${shellQuote(`${url}/`)}`],
    };
  }
  const lines = [`curl${key} -H ${shellQuote(`Host: ${route.host}`)} ${shellQuote(`${origin}/`)}`];
  // With a socket, the URL needs no port, and curl derives the Host field, which selects the route, from it.
  if (socket !== undefined) {
    lines.unshift(`curl${key} --unix-socket ${shellQuote(socket)} http://${route.host}/`);
  }
  return { clients: "curl", lines };
};
