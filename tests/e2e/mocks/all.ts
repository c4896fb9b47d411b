import type { Mocks } from "../fixture.ts";
import { PRESET_HOSTS, type RouteSetup } from "../route_table.ts";
import { anthropic } from "./anthropic.ts";
import { chatCompletions } from "./chat_completions.ts";
import { containerRegistry } from "./container_registry.ts";
import type { Forge } from "./forge.ts";
import { gemini } from "./gemini.ts";
import { genericApi } from "./generic.ts";
import { github } from "./github.ts";
import { goModules } from "./go_modules.ts";
import { hub } from "./hub.ts";
import { JSON_SERVICES } from "./json_services.ts";
import { kubernetes } from "./kubernetes.ts";
import { withLfs } from "./lfs_server.ts";
import { mavenRepository } from "./maven_repository.ts";
import { mcpServer } from "./mcp.ts";
import { openai } from "./openai.ts";
import { crateIndex, npmRegistry, pythonIndex } from "./registries.ts";
import { resticServer } from "./restic_server.ts";
import { webdavServer } from "./webdav_server.ts";

/** Returns the script of each upstream, given the credentials of the forges and the service's origin. */
export async function allMocks(
  forge: Forge,
  origin: string,
  { required }: Pick<RouteSetup, "required">,
): Promise<Mocks> {
  const authorizationOf = (host: string) => required.find((each) => each.host === host)?.value ?? "";
  return {
    ...JSON_SERVICES,
    "api.anthropic.com": anthropic,
    "api.openai.com": openai,
    "api.mistral.ai": chatCompletions,
    ...Object.fromEntries(PRESET_HOSTS.map((host) => [host, chatCompletions])),
    "my-resource.openai.azure.com": chatCompletions,
    "generativelanguage.googleapis.com": gemini,
    "huggingface.co": hub,
    "mcp.example.com": mcpServer(),
    "api.github.com": github,
    "api.example.com": genericApi("api.example.com"),
    "go.example.com": await goModules(),
    "maven.example.com": await mavenRepository(),
    "registry.example.com": containerRegistry("registry.example.com"),
    "backup.example.com": resticServer(),
    "files.example.com": webdavServer("files.example.com"),
    "kubernetes.example.com": kubernetes,
    "github.com": forge.serve(authorizationOf("github.com")),
    "npm.example.com": await npmRegistry(),
    "pypi.example.com": await pythonIndex(),
    "cargo.example.com": await crateIndex(origin),
    "git.example.com": withLfs(forge.serve(authorizationOf("git.example.com")), "git.example.com"),
  };
}
