import { failAll, problem } from "../../core/result.ts";
import { optionalUnless, type Reader, readFields, requiredUnless } from "../reader/fields.ts";
import { readObject } from "../reader/value_readers.ts";
import { readGitHubApp } from "./github_app_fields.ts";
import { readServiceAccount } from "./google_fields.ts";
import { readOAuth2 } from "./oauth2_fields.ts";
import { readRegistryLogin } from "./registry_fields.ts";
import type { TokenFrom } from "./token_from.ts";

/** Every kind of minted token; a definition has exactly one of them. */
const KINDS = {
  oauth2: requiredUnless(readOAuth2, ["github_app", "google_service_account", "registry"]),
  github_app: optionalUnless(readGitHubApp, ["google_service_account", "registry"]),
  google_service_account: optionalUnless(readServiceAccount, ["registry"]),
  registry: optionalUnless(readRegistryLogin, []),
};

/** Reads `token_from`. */
export const readTokenFrom: Reader<TokenFrom> = (json, path) => {
  const object = readObject(json, path);
  if (!object.ok) return object;
  const reading = readFields(object.value, path, KINDS);
  if (!reading.ok) {
    // That the first kind is missing would be a riddle.
    return failAll(reading.problems.map((each) => {
      if (each.code !== "missing" || each.path !== `${path}.oauth2`) return each;
      return problem(path, "missing", `must have one of ${Object.keys(KINDS).join(", ")}`);
    }));
  }
  const { oauth2, github_app, google_service_account, registry } = reading.values;
  return { ok: true, value: (oauth2 ?? github_app ?? google_service_account ?? registry)! };
};
