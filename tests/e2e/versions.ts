/** The clients from the npm registry, in the versions that are tested. */
export const VERSIONS = {
  "node": "22.23.3",
  "npm": "11.21.2",
  "pnpm": "10.34.8",
  "@anthropic-ai/claude-code": "2.1.330",
  "@openai/codex": "0.169.0",
  "@google/gemini-cli": "0.61.0",
  "@anthropic-ai/sdk": "1.12.0",
  "openai": "7.57.0",
  "@google/genai": "3.1.0",
} as const;

/** A package that is installed for the client cases. */
export type Package = keyof typeof VERSIONS;
