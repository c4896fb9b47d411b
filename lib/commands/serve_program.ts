/**
 * The verb `serve` as a program of its own, which the launcher starts: of the modules that `main.ts` may load, which the
 * runtime looks at one and all, it may load nine in ten.
 *
 * @module
 */

import { runVerb } from "./run_verb.ts";
import { serve } from "./serve.ts";

if (import.meta.main) Deno.exit(await runVerb("serve", serve, Deno.args));
