/**
 * Libraries of Python, each in a program of a few lines in `programs/python`.
 *
 * @module
 */

import { shellQuote } from "../../../lib/core/shell_quote.ts";
import { type ClientCase, expressionFor, withUrl, withVariables } from "../client_case.ts";

/** What the cases of one service have in common. */
type Service =
  & Pick<ClientCase, "route" | "expectedRequests" | "expectedOutput">
  & Partial<ClientCase>
  & Pointing;

/** How a program finds its route, unless the printed variables suffice. */
interface Pointing {
  /** It takes the URL of the line for curl. */
  readonly takesUrl?: true;
  /** The library whose client is made by the printed expression. */
  readonly library?: string;
  /** A line that sets more variables. */
  readonly exports?: string;
}

const TWICE = /^The proxy is transparent\.$[^]*^The proxy is transparent\.$/m;

const ANTHROPIC: Service = {
  route: "anthropic",
  expectedOutput: TWICE,
  expectedRequests: [/^POST \/v1\/messages$/],
  expectedBody: /Is the proxy there\?/,
};

const OPENAI: Service = {
  route: "openai",
  expectedOutput: TWICE,
  expectedRequests: [/^POST \/v1\/chat\/completions$/],
  expectedBody: /Is the proxy there\?/,
};

/** A client of no particular service: JSON, a redirect, an upload in chunks, events. */
const GENERIC: Service = {
  route: "internal",
  takesUrl: true,
  expectedOutput: /^proxied proxied\nTrue\n4$/m,
  expectedRequests: [/^GET \/user$/, /^GET \/moved$/, /^PUT \/upload$/, /^GET \/events$/],
};

/** A client, by its package and its program. */
function python(
  [name, program]: readonly [name: string, program: string],
  { library, takesUrl, exports = "", ...service }: Service,
  description: string,
): ClientCase {
  const distribution = /^[\w-]+/.exec(name)?.[0] ?? name;
  const command = `${exports}\npython3 "$PROGRAMS/python/${program}.py"`;
  return {
    name: `${name} (Python)`,
    command: "python3",
    toolset: "python",
    version: `python3 -c 'from importlib.metadata import version; print(version("${distribution}"))'`,
    description,
    script: takesUrl
      ? withUrl(command)
      : library === undefined
      ? withVariables(command)
      : (lines) => `export CLIENT=${shellQuote(expressionFor(library, lines))}\n${command}`,
    ...exports === "" ? {} : { besides: `\`${exports}\`` },
    ...service,
  };
}

export const PYTHON_CASES: readonly ClientCase[] = [
  python(["anthropic", "anthropic_messages"], ANTHROPIC, "messages, streamed and whole"),
  python(["langchain-anthropic", "langchain_anthropic_chat"], {
    ...ANTHROPIC,
    exports: 'export ANTHROPIC_API_KEY="$ANTHROPIC_AUTH_TOKEN"',
  }, "messages, streamed and whole"),
  python(["litellm, anthropic/", "litellm_anthropic"], {
    ...ANTHROPIC,
    env: { LITELLM_LOCAL_MODEL_COST_MAP: "True" },
  }, "messages, streamed and whole"),
  python(["litellm, openai/", "litellm_completion"], {
    ...OPENAI,
    env: { LITELLM_LOCAL_MODEL_COST_MAP: "True" },
  }, "chat completions, streamed and whole"),
  python(["openai", "openai_responses"], {
    ...OPENAI,
    expectedRequests: [/^POST \/v1\/responses$/],
  }, "responses, streamed and whole"),
  python(["openai, AsyncOpenAI", "openai_async"], OPENAI, "three chat completions at once, streamed"),
  python(
    ["mistralai", "mistral_chat"],
    { ...OPENAI, route: "mistral" },
    "chat completions, streamed and whole",
  ),
  python(["cohere", "cohere_chat"], {
    route: "cohere",
    takesUrl: true,
    expectedOutput: /^The proxy is transparent\.$/m,
    expectedRequests: [/^POST \/v2\/chat$/],
    expectedBody: /Is the proxy there\?/,
  }, "a chat"),
  python(["google-genai", "google_genai"], {
    route: "gemini",
    expectedOutput: TWICE,
    expectedRequests: [/:streamGenerateContent\?alt=sse$/, /:generateContent$/],
    expectedBody: /Is the proxy there\?/,
  }, "generateContent, streamed and whole"),
  python(["google-genai, upload", "google_genai_upload"], {
    besides: "the key in the `headers` of its `client_args`",
    route: "gemini",
    expectedOutput: /^files\/one 300000$/m,
    expectedRequests: [
      /^POST \/upload\/v1(?:beta)?\/files$/,
      /^POST \/upload\/v1(?:beta)?\/files\?upload_id=1$/,
    ],
  }, "files.upload"),
  python(["huggingface_hub", "huggingface_hub_files"], {
    route: "huggingface",
    expectedOutput: /^proxied\n\['acme\/one', 'acme\/two'\]\n\{"model_type":"proxied"\}\n0123456789abcdef/m,
    expectedRequests: [
      /^GET \/api\/models\?.*page=2/,
      /^GET \/acme\/model\/resolve\/main\/config\.json$/,
      /^POST \/api\/models\/acme\/model\/commit\/main$/,
    ],
  }, "whoami, a list of two pages, a download, an upload"),
  python(["PyGithub", "pygithub_issues"], {
    route: "gh",
    takesUrl: true,
    knownLimit: { text: "follows the URLs in the content, which lead past the proxy" },
    expectedOutput: /^proxied\n\['one', 'two', 'three'\]\nIs the proxy there\?$/m,
    expectedRequests: [
      /^GET \/repositories\/1\/issues\?page=3$/,
      /^POST \/repos\/acme\/project\/issues\/1\/comments$/,
    ],
  }, "three pages of issues, a comment"),
  python(["slack_sdk", "slack_messages"], {
    route: "slack",
    library: "slack_sdk",
    expectedOutput: /^proxied\nThe proxy is transparent\.\n\['one', 'two'\]$/m,
    expectedRequests: [/^POST \/api\/chat\.postMessage$/, /^POST \/api\/auth\.test$/],
  }, "a message, a list of two pages"),
  python(["notion-client", "notion_pages"], {
    route: "notion",
    library: "notion-client",
    expectedOutput: /^proxied\n\['one', 'two'\]$/m,
    expectedRequests: [/^GET \/v1\/users\/me$/, /^POST \/v1\/search$/],
  }, "a search of two pages"),
  python(["stripe", "stripe_customers"], {
    route: "stripe",
    library: "Python",
    expectedOutput: /^\['cus_1', 'cus_2'\]\nproxied$/m,
    expectedRequests: [/^GET \/v1\/customers/, /^POST \/v1\/customers$/],
  }, "a list of two pages, a new customer"),
  python(["httpx", "generic_httpx"], GENERIC, "JSON, a redirect, an upload in chunks, events"),
  python(["requests", "generic_requests"], GENERIC, "JSON, a redirect, an upload in chunks, events"),
  python(["aiohttp", "generic_aiohttp"], GENERIC, "JSON, a redirect, an upload in chunks, events"),
];
