import { doubledPath } from "./base_url.ts";
import type { Client } from "./client.ts";
import { word } from "./shell.ts";

/** Clients of the Gemini API. */
export const gemini: Client = ({ route, url, key }) => ({
  clients: "Gemini CLI, @google/genai",
  lines: [
    ...doubledPath(route.upstream, "/v1beta"),
    `export GOOGLE_GEMINI_BASE_URL=${word(url)} GEMINI_API_KEY=${key}`,
  ],
});
