const LAUNCHER = await Deno.readTextFile(new URL("../../bin/cred-proxy", import.meta.url));

/** The V8 flags that the launcher starts the service with, in the form of `DENO_V8_FLAGS`. */
export const V8_FLAGS = read();

function read(): string {
  const flags = /--v8-flags=([^\s']+)/.exec(LAUNCHER)?.[1];
  if (flags === undefined) throw new Error("Cannot find --v8-flags in bin/cred-proxy");
  return flags;
}
