import { didYouMean } from "../config/reader/did_you_mean.ts";
import { fail, ok, type Result } from "../core/result.ts";
import { anthropic } from "./presets/anthropic.ts";
import { awsS3 } from "./presets/aws_s3.ts";
import { azureOpenai } from "./presets/azure_openai.ts";
import { bedrock } from "./presets/bedrock.ts";
import { cloudflare } from "./presets/cloudflare.ts";
import { crates } from "./presets/crates.ts";
import { datadog } from "./presets/datadog.ts";
import { deepseek } from "./presets/deepseek.ts";
import { dockerHub } from "./presets/docker_hub.ts";
import { gemini } from "./presets/gemini.ts";
import { github } from "./presets/github.ts";
import { gitlab } from "./presets/gitlab.ts";
import { groq } from "./presets/groq.ts";
import { huggingface } from "./presets/huggingface.ts";
import { jira } from "./presets/jira.ts";
import { linear } from "./presets/linear.ts";
import { mistral } from "./presets/mistral.ts";
import { notion } from "./presets/notion.ts";
import { npm } from "./presets/npm.ts";
import { openai } from "./presets/openai.ts";
import { openrouter } from "./presets/openrouter.ts";
import { pypi } from "./presets/pypi.ts";
import { sentry } from "./presets/sentry.ts";
import { slack } from "./presets/slack.ts";
import { stripe } from "./presets/stripe.ts";
import { telegram } from "./presets/telegram.ts";
import { vercel } from "./presets/vercel.ts";
import { vertex } from "./presets/vertex.ts";
import { xai } from "./presets/xai.ts";
import type { Provider } from "./provider.ts";

/** Every provider, in the order in which they are listed. */
export const PROVIDERS: readonly Provider[] = [
  anthropic,
  openai,
  gemini,
  github,
  gitlab,
  azureOpenai,
  bedrock,
  vertex,
  openrouter,
  mistral,
  groq,
  deepseek,
  xai,
  huggingface,
  slack,
  telegram,
  notion,
  linear,
  jira,
  stripe,
  sentry,
  datadog,
  cloudflare,
  vercel,
  awsS3,
  npm,
  pypi,
  crates,
  dockerHub,
];

/** Finds a provider by its name. */
export function findProvider(name: string): Result<Provider> {
  const found = PROVIDERS.find((provider) => provider.name === name);
  if (found !== undefined) return ok(found);
  const hint = didYouMean(name, PROVIDERS.map((provider) => provider.name)) || '; "providers" lists them';
  return fail(
    /^[a-z-]{1,20}$/.test(name) ? name : "PROVIDER",
    "unknown_provider",
    `is not a provider${hint}`,
  );
}
