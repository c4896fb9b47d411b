import type { Handler } from "../proxy/handler.ts";

/** Whoever may enter the socket's folder may connect, as whoever reaches an address may: the agent is another user. */
const MODE = 0o666;

/**
 * Serves on a Unix socket. One that an earlier process has left behind makes room; anything else at the path is left
 * alone, and the runtime then says that the address is in use.
 */
export function serveUnixSocket(
  path: string,
  options: Pick<Deno.ServeUnixOptions, "onListen" | "onError">,
  handler: Handler,
): Deno.HttpServer<Deno.UnixAddr> {
  try {
    if (Deno.lstatSync(path).isSocket) Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const server = Deno.serve({ path, ...options }, handler);
  Deno.chmodSync(path, MODE);
  return server;
}
