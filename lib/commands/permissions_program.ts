/**
 * The verb `permissions` as a program of its own, which the launcher runs before it starts the service: the runtime looks at
 * every module that `main.ts` may load, five times as many.
 *
 * @module
 */

import { permissions } from "./permissions.ts";
import { runVerb } from "./run_verb.ts";

if (import.meta.main) Deno.exit(await runVerb("permissions", permissions, Deno.args));
