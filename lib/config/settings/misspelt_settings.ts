import { type Problem, problem } from "../../core/result.ts";
import { didYouMean } from "../reader/did_you_mean.ts";
import { SETTING_VARIABLES } from "./settings.ts";

/** What Kubernetes sets in each container for a service whose name begins with `cred-proxy`. */
const SERVICE_LINK = /_(?:SERVICE_HOST|SERVICE_PORT\w*|PORT|PORT_\d+_(?:TCP|UDP|SCTP)\w*)$/;

/**
 * Returns a problem for each variable that begins like a setting but is none, of which nothing would ever come.
 *
 * @param names The names of variables.
 */
export function checkSettingNames(names: Iterable<string>): readonly Problem[] {
  return [...names].flatMap((name) => {
    // Nothing but a short name is printed: what follows the prefix may have been pasted.
    if (!/^CRED_PROXY_\w{1,40}$/i.test(name) || SETTING_VARIABLES.includes(name)) return [];
    if (SERVICE_LINK.test(name)) return [];
    const hint = didYouMean(name, SETTING_VARIABLES) || "; see help";
    return [problem(name, "unknown_setting", `is not a setting, so it has no effect${hint}`)];
  });
}
