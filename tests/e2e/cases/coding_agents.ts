/**
 * The coding agents of the command line, each with one prompt.
 *
 * @module
 */

import { type ClientCase, followedBy, QUESTION } from "../client_case.ts";

const SHOWS = /The proxy is transparent\./;

export const CODING_AGENTS: readonly ClientCase[] = [{
  name: "Claude Code",
  command: "claude",
  toolset: "agents",
  version: "claude --version",
  route: "anthropic",
  description: "asked a question with --print",
  script: followedBy(`claude --print "${QUESTION}"`),
  expectedOutput: SHOWS,
  expectedRequests: [/^POST \/v1\/messages\?beta=true$/],
  env: { CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1" },
}, {
  name: "Codex",
  command: "codex",
  toolset: "agents",
  version: "codex --version",
  route: "openai",
  description: "asked a question with exec",
  // The line itself starts an interactive session.
  script: (lines) => lines.replace(/^codex .*$/m, `$& exec --skip-git-repo-check "${QUESTION}"`),
  expectedOutput: SHOWS,
  expectedRequests: [/^POST \/v1\/responses$/],
}, {
  name: "Codex, openai_base_url",
  command: "codex",
  toolset: "agents",
  version: "codex --version",
  route: "openai",
  description: "the same without a provider of its own, over a WebSocket",
  script: (lines) =>
    lines.replace(
      /^codex .*$/m,
      `CODEX_API_KEY="$OPENAI_API_KEY" codex -c "openai_base_url=\\"$OPENAI_BASE_URL\\"" exec --skip-git-repo-check "${QUESTION}"`,
    ),
  expectedOutput: SHOWS,
  expectedRequests: [/^GET \/v1\/responses$/],
}, {
  name: "Gemini CLI",
  command: "gemini",
  toolset: "agents",
  version: "gemini --version",
  route: "gemini",
  description: "asked a question with --prompt",
  script: followedBy(`gemini --model gemini-2.5-flash --prompt "${QUESTION}"`),
  expectedOutput: SHOWS,
  expectedRequests: [/^POST \/v1(?:beta)?\/models\/[^/:]+:streamGenerateContent\?alt=sse$/],
  env: { GEMINI_CLI_TRUST_WORKSPACE: "true" },
  retriesEvery5xx: true,
}];
