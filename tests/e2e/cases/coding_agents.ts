/**
 * The agents of the command line, each asked one question.
 *
 * @module
 */

import { QUESTION, then, type Trial } from "../client_case.ts";

const SHOWS = /The proxy is not there\./;

export const AGENTS: readonly Trial[] = [{
  client: "Claude Code",
  needs: "claude",
  version: "claude --version",
  route: "anthropic",
  does: "asked a question with --print",
  script: then(`claude --print "${QUESTION}"`),
  shows: SHOWS,
  asks: [/^POST \/v1\/messages\?beta=true$/],
  env: { CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1" },
}, {
  client: "Codex",
  needs: "codex",
  version: "codex --version",
  route: "openai",
  does: "asked a question with exec",
  // The line itself begins a conversation with a person.
  script: (lines) => lines.replace(/^codex .*$/m, `$& exec --skip-git-repo-check "${QUESTION}"`),
  shows: SHOWS,
  asks: [/^POST \/v1\/responses$/],
}, {
  client: "Codex, openai_base_url",
  needs: "codex",
  version: "codex --version",
  route: "openai",
  does: "the same without a provider of its own: tries a WebSocket, goes on without",
  meets: "upgrade_not_served",
  script: (lines) =>
    lines.replace(
      /^codex .*$/m,
      `CODEX_API_KEY="$OPENAI_API_KEY" codex -c "openai_base_url=\\"$OPENAI_BASE_URL\\"" exec --skip-git-repo-check "${QUESTION}"`,
    ),
  shows: SHOWS,
  asks: [/^POST \/v1\/responses$/],
}, {
  client: "Gemini CLI",
  needs: "gemini",
  version: "gemini --version",
  route: "gemini",
  does: "asked a question with --prompt",
  script: then(`gemini --model gemini-2.5-flash --prompt "${QUESTION}"`),
  shows: SHOWS,
  asks: [/^POST \/v1(?:beta)?\/models\/[^/:]+:streamGenerateContent\?alt=sse$/],
  env: { GEMINI_CLI_TRUST_WORKSPACE: "true" },
  stubborn: true,
}];
