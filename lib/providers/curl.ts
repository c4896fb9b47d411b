import type { Recipe } from "./recipe.ts";
import { shellQuote } from "./shell_quote.ts";

/** curl, and with it whatever takes a URL. */
export const curl: Recipe = ({ route, origin, url, socket, keyVariable }) => {
  const key = keyVariable === undefined ? "" : ` -H "Authorization: Bearer $${keyVariable}"`;
  if (route.host === undefined) {
    return { clients: "curl, and whatever takes a URL", lines: [`curl${key} ${shellQuote(`${url}/`)}`] };
  }
  const lines = [`curl${key} -H ${shellQuote(`Host: ${route.host}`)} ${shellQuote(`${origin}/`)}`];
  // A name needs no port here, and curl writes the Host field that the route goes by.
  if (socket !== undefined) {
    lines.unshift(`curl${key} --unix-socket ${shellQuote(socket)} http://${route.host}/`);
  }
  return { clients: "curl", lines };
};
