import { nodeToolset, type Toolset } from "./toolset.ts";

/** Libraries from the npm registry besides those of the agents, and Node to run them. */
export const JAVASCRIPT: Toolset = nodeToolset("javascript", {
  "@ai-sdk/anthropic": "3.0.140",
  "@ai-sdk/openai": "3.0.141",
  "@azure-rest/ai-document-intelligence": "1.1.0",
  "@google/genai": "3.1.0",
  "@huggingface/hub": "2.17.5",
  "@mistralai/mistralai": "2.7.0",
  "@modelcontextprotocol/sdk": "1.32.2",
  "@notionhq/client": "5.26.0",
  "@slack/web-api": "8.2.0",
  "ai": "6.0.326",
  "axios": "1.21.1",
  "bun": "1.4.5",
  "node": "22.23.3",
  "octokit": "5.0.5",
  "stripe": "23.1.0",
  "yarn": "1.22.22",
});
