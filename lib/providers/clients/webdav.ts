import { shellQuote } from "../../core/shell_quote.ts";
import type { Recipe } from "./recipe.ts";

/** The recipe for rclone with a WebDAV server, whose listings name its own paths. */
export const webdav: Recipe = ({ route, url, key }) => ({
  clients: "rclone",
  lines: [
    ...route.path === `${route.upstream.base}/`
      ? []
      : [`# rclone finds no files unless the route's path is the upstream's: ${route.upstream.base}/`],
    {
      export: [
        ["RCLONE_CONFIG_PROXY_TYPE", "webdav"],
        ["RCLONE_CONFIG_PROXY_URL", shellQuote(url)],
        ["RCLONE_CONFIG_PROXY_BEARER_TOKEN", key],
      ],
    },
    "# The remote is proxy:",
  ],
});
