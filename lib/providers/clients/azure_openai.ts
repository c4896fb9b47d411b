import { shellQuote } from "../../core/shell_quote.ts";
import type { Recipe } from "./recipe.ts";

/** The recipe for the Azure clients of OpenAI's SDKs. */
export const azureOpenai: Recipe = ({ url, key }) => ({
  clients: "AzureOpenAI of the openai packages",
  lines: [{ export: [["AZURE_OPENAI_ENDPOINT", shellQuote(url)], ["AZURE_OPENAI_API_KEY", key]] }],
});
