import { shellQuote } from "../../core/shell_quote.ts";
import type { Endpoint } from "./endpoint.ts";
import type { Exports, Recipe } from "./recipe.ts";

/** The recipe for Claude Code with models of Amazon Bedrock. */
export const claudeOnBedrock: Recipe = ({ url, key }) => ({
  clients: "Claude Code",
  choice: "Claude Code",
  lines: [
    { export: [["ANTHROPIC_BEDROCK_BASE_URL", shellQuote(url)], ["CLAUDE_CODE_USE_BEDROCK", "1"]] },
    // Without a signature of its own, the client sends what it finds here.
    { export: [["CLAUDE_CODE_SKIP_BEDROCK_AUTH", "1"], ["ANTHROPIC_AUTH_TOKEN", key]] },
  ],
});

/** The recipe for the SDKs of AWS. */
export const bedrock: Recipe = (endpoint) => ({
  clients: "the SDKs of AWS",
  lines: sdk(endpoint, "AWS_ENDPOINT_URL_BEDROCK_RUNTIME"),
});

/** The recipe for clients of Amazon S3. */
export const s3: Recipe = (endpoint) => ({
  clients: "the SDKs of AWS, aws s3",
  lines: [
    ...sdk(endpoint, "AWS_ENDPOINT_URL_S3"),
    "# The bucket must be in the path: addressing_style path, or forcePathStyle",
  ],
});

/** The SDKs sign whatever they send, so they want keys, of which nothing but their form matters. */
function sdk({ url, route, key }: Endpoint, variable: string): readonly (Exports | string)[] {
  const region = route.signWith?.region ?? "us-east-1";
  return [
    {
      export: [
        [variable, shellQuote(url)],
        ["AWS_REGION", region],
        // A signature shows the identifier, so the client token can take its place.
        ["AWS_ACCESS_KEY_ID", key],
        ["AWS_SECRET_ACCESS_KEY", "placeholder"],
      ],
    },
  ];
}
