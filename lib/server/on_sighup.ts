import type { Settings } from "../config/settings/settings.ts";

/** The SIGHUPs that a process receives. */
export interface HangUps {
  /** Resolves on the first. */
  readonly first: Promise<void>;
  /** Returns whether there was one since the last call. */
  received(): boolean;
}

/** Listens for SIGHUP, which a supervisor sends to request a reload, and a terminal when it closes. */
export function onSighup(): HangUps {
  const first = Promise.withResolvers<void>();
  let received = false;
  Deno.addSignalListener("SIGHUP", () => {
    received = true;
    first.resolve();
  });
  return {
    first: first.promise,
    received() {
      const result = received;
      received = false;
      return result;
    },
  };
}

/**
 * Whether SIGHUP stops the service instead of reloading its table: when the terminal that it was started in closes, nobody is
 * left who would stop it, and it would go on with its keys and its port. The launcher finds out whether there is a terminal and
 * sets CRED_PROXY_SIGHUP; without the launcher, the standard streams tell. The first process of a container is supervised.
 */
export function hangUpStops({ hangUp }: Pick<Settings, "hangUp">): boolean {
  if (hangUp !== undefined) return hangUp === "stop";
  return Deno.pid !== 1 && [Deno.stdin, Deno.stdout, Deno.stderr].some((stream) => stream.isTerminal());
}
