import type { Mocks } from "../fixture.ts";
import type { RouteSetup } from "../route_table.ts";
import { anthropic } from "./anthropic.ts";
import { chatCompletions } from "./chat_completions.ts";
import type { Forge } from "./forge.ts";
import { gemini } from "./gemini.ts";
import { github } from "./github.ts";
import { openai } from "./openai.ts";
import { crateIndex, npmRegistry, pythonIndex } from "./registries.ts";

/** Returns the script of each upstream, given the credentials of the forges and the service's origin. */
export async function allMocks(
  forge: Forge,
  origin: string,
  { required }: Pick<RouteSetup, "required">,
): Promise<Mocks> {
  const authorizationOf = (host: string) => required.find((each) => each.host === host)?.value ?? "";
  return {
    "api.anthropic.com": anthropic,
    "api.openai.com": openai,
    "api.mistral.ai": chatCompletions,
    "my-resource.openai.azure.com": chatCompletions,
    "generativelanguage.googleapis.com": gemini,
    "api.github.com": github,
    "github.com": forge.serve(authorizationOf("github.com")),
    "npm.example.com": await npmRegistry(),
    "pypi.example.com": await pythonIndex(),
    "cargo.example.com": await crateIndex(origin),
    "git.example.com": forge.serve(authorizationOf("git.example.com")),
  };
}
