/**
 * The vendors' libraries, each in a program of a few lines that reads its settings from the environment as they do.
 *
 * @module
 */

import { type ClientCase, QUESTION } from "../client_case.ts";
import { nodeProgram as program } from "../node_program.ts";
import { VERSIONS } from "../versions.ts";

/** Asks a question with the client that was imported. */
const CHAT = `
const question = { model: "m", messages: [{ role: "user", content: "${QUESTION}" }] };
console.log((await new OpenAI().chat.completions.create(question)).choices[0].message.content);`;

const SHOWS = /^The proxy is transparent\.$/m;

export const SDKS: readonly ClientCase[] = [{
  name: "@anthropic-ai/sdk",
  command: "node",
  toolset: "agents",
  version: `echo ${VERSIONS["@anthropic-ai/sdk"]}`,
  route: "anthropic",
  description: "messages, streamed and whole",
  script: program(`
import Anthropic from "@anthropic-ai/sdk";
const client = new Anthropic();
const question = { model: "m", max_tokens: 99, messages: [{ role: "user", content: "${QUESTION}" }] };
const stream = client.messages.stream(question);
console.log(await stream.finalText());
const whole = await client.messages.create(question);
console.log(whole.content[0].text);`),
  expectedOutput: SHOWS,
  expectedRequests: [/^POST \/v1\/messages$/],
}, {
  name: "openai",
  command: "node",
  toolset: "agents",
  version: `echo ${VERSIONS["openai"]}`,
  route: "openai",
  description: "responses, streamed and whole",
  script: (lines) =>
    program(`
import OpenAI from "openai";
const client = new OpenAI();
const question = { model: "m", input: "${QUESTION}" };
let text = "";
for await (const event of await client.responses.create({ ...question, stream: true })) {
  if (event.type === "response.output_text.delta") text += event.delta;
}
console.log(text);
console.log((await client.responses.create(question)).output_text);`)(lines.replace(/^codex .*$/m, "")),
  expectedOutput: SHOWS,
  expectedRequests: [/^POST \/v1\/responses$/],
}, {
  name: "openai, at Mistral",
  command: "node",
  toolset: "agents",
  version: `echo ${VERSIONS["openai"]}`,
  route: "mistral",
  description: "a chat completion of another provider",
  script: program(`
import OpenAI from "openai";
${CHAT}`),
  expectedOutput: SHOWS,
  expectedRequests: [/^POST \/v1\/chat\/completions$/],
}, {
  name: "openai, at Azure",
  command: "node",
  toolset: "agents",
  version: `echo ${VERSIONS["openai"]}`,
  route: "azure-openai",
  description: "a chat completion of a deployment",
  script: program(`
import { AzureOpenAI as OpenAI } from "openai";
${CHAT}`),
  expectedOutput: SHOWS,
  expectedRequests: [/^POST \/openai\/deployments\/m\/chat\/completions\?api-version=2024-10-21$/],
  env: { OPENAI_API_VERSION: "2024-10-21" },
}, {
  name: "@google/genai",
  command: "node",
  toolset: "agents",
  version: `echo ${VERSIONS["@google/genai"]}`,
  route: "gemini",
  description: "generateContent, streamed and whole",
  script: program(`
import { GoogleGenAI } from "@google/genai";
const client = new GoogleGenAI({ apiKey: process.env.GEMINI_API_KEY });
const question = { model: "gemini-2.5-flash", contents: "${QUESTION}" };
let text = "";
for await (const part of await client.models.generateContentStream(question)) text += part.text;
console.log(text);
console.log((await client.models.generateContent(question)).text);`),
  expectedOutput: SHOWS,
  expectedRequests: [/:streamGenerateContent\?alt=sse$/, /:generateContent$/],
}];
