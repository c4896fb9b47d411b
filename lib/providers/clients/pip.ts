import { upstreamText } from "../../config/route/upstream_url.ts";
import { shellQuote } from "../../core/shell_quote.ts";
import { baseUrl } from "./base_url.ts";
import type { Recipe } from "./recipe.ts";

/** The recipe for pip and its kin with an index that follows PEP 503. */
export const pip: Recipe = (endpoint) => {
  const { key, host, route, url } = endpoint;
  const index = `${baseUrl(endpoint, "/simple")}/`;
  const withKey = `http://agent:${key}@${shellQuote(index.slice("http://".length))}`;
  const source = `poetry source add --priority=primary proxy ${shellQuote(index)}`;
  return {
    clients: "pip, uv, poetry, twine",
    lines: [
      { export: [["PIP_INDEX_URL", withKey]] },
      // pip ignores an index without TLS, unless it is on the local host or trusted explicitly.
      { export: [["PIP_TRUSTED_HOST", shellQuote(host)]] },
      { export: [["UV_DEFAULT_INDEX", withKey]] },
      // poetry takes a source from a project's file, and its key from the variables of the source's name.
      { export: [["POETRY_HTTP_BASIC_PROXY_USERNAME", "agent"], ["POETRY_HTTP_BASIC_PROXY_PASSWORD", key]] },
      `# poetry, in a project: ${source}`,
      // Packages are uploaded to the index's parent, which a route to the index itself does not reach.
      route.upstream.base.endsWith("/simple")
        ? `# twine needs a route without /simple at the end of the upstream ${upstreamText(route.upstream)}`
        : {
          export: [
            ["TWINE_REPOSITORY_URL", shellQuote(`${url}/`)],
            ["TWINE_USERNAME", "agent"],
            ["TWINE_PASSWORD", key],
          ],
        },
    ],
  };
};
