/**
 * Providers whose API is OpenAI's, each with the lines that `clients` prints for its preset.
 *
 * @module
 */

import { type ClientCase, followedBy, QUESTION } from "../client_case.ts";
import { nodeProgram } from "../node_program.ts";
import { VERSIONS } from "../versions.ts";

/** The providers, and where each has its chat completions: as their documentation says, not as the preset does. */
const PROVIDERS = [
  {
    route: "openrouter",
    title: "OpenRouter",
    request: /^POST \/api\/v1\/chat\/completions$/,
  },
  {
    route: "groq",
    title: "Groq",
    request: /^POST \/openai\/v1\/chat\/completions$/,
  },
  {
    route: "deepseek",
    title: "DeepSeek",
    request: /^POST \/v1\/chat\/completions$/,
  },
  { route: "xai", title: "xAI", request: /^POST \/v1\/chat\/completions$/ },
] as const;

const BODY = JSON.stringify({
  model: "m",
  stream: true,
  messages: [{ role: "user", content: QUESTION }],
});

/** Returns the cases of one provider: its users' usual library, and curl. */
function casesOf(
  { route, title, request }: typeof PROVIDERS[number],
): readonly ClientCase[] {
  const common = {
    route,
    expectedRequests: [request],
    expectedBody: /Is the proxy there\?/,
  };
  return [{
    ...common,
    name: `openai, at ${title}`,
    command: "node",
    toolset: "agents",
    version: `echo ${VERSIONS["openai"]}`,
    description: "chat completions, streamed and whole",
    script: nodeProgram(`
import OpenAI from "openai";
const client = new OpenAI();
const question = { model: "m", messages: [{ role: "user", content: "${QUESTION}" }] };
const pieces = [];
for await (const { choices } of await client.chat.completions.create({ ...question, stream: true })) {
  if (choices[0].delta.content !== undefined) pieces.push(choices[0].delta.content);
}
console.log(pieces.length > 1 ? "In pieces:" : "At once:", pieces.join(""));
console.log("Whole:", (await client.chat.completions.create(question)).choices[0].message.content);`),
    expectedOutput: /^In pieces: The proxy is transparent\.\nWhole: The proxy is transparent\.$/m,
  }, {
    ...common,
    name: `curl, at ${title}`,
    command: "curl",
    version: "curl --version | head -1",
    description: "a chat completion, streamed",
    script: followedBy(
      `curl --silent --show-error --no-buffer -H "Authorization: Bearer $OPENAI_API_KEY" ` +
        `-H "Content-Type: application/json" --data '${BODY}' "$OPENAI_BASE_URL/chat/completions"`,
    ),
    expectedOutput: /^data: \{.*\}$[^]*^data: \{.*\}$[^]*^data: \[DONE\]$/m,
  }];
}

/** The cases by preset. */
export const PRESET_CASES: readonly ClientCase[] = PROVIDERS.flatMap(casesOf);
