/** This version: the same as in deno.json, which the service may not read. */
export const VERSION = "0.1.0";
