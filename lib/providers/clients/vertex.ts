import { shellQuote } from "../../core/shell_quote.ts";
import type { Recipe } from "./recipe.ts";

/** The recipe for Claude Code with models of Vertex AI. */
export const vertex: Recipe = ({ url, key }) => ({
  clients: "Claude Code",
  choice: "Claude Code",
  lines: [
    { export: [["ANTHROPIC_VERTEX_BASE_URL", shellQuote(`${url}/v1`)], ["CLAUDE_CODE_USE_VERTEX", "1"]] },
    // Without its own login, the client sends what it finds here.
    { export: [["CLAUDE_CODE_SKIP_VERTEX_AUTH", "1"], ["ANTHROPIC_AUTH_TOKEN", key]] },
    "# Also set CLOUD_ML_REGION, such as global, and ANTHROPIC_VERTEX_PROJECT_ID",
  ],
});
