import { jsKey, libraryLine, literal, pythonKey } from "./library.ts";
import type { Recipe } from "./recipe.ts";

/** The recipe for Slack's libraries, which append the method to the URL. */
export const slack: Recipe = (endpoint) => {
  const url = literal(`${endpoint.url}/`);
  return {
    clients: "Slack's libraries",
    lines: [
      libraryLine("@slack/web-api", `new WebClient(${jsKey(endpoint)}, { slackApiUrl: ${url} })`),
      libraryLine("slack_sdk", `WebClient(token=${pythonKey(endpoint)}, base_url=${url})`),
    ],
  };
};
