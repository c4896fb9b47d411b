import type { Handler } from "../proxy/handler.ts";

/** Everyone with access to the socket's folder may connect, since the client runs as a different user. */
const MODE = 0o666;

/**
 * Serves on a Unix socket. Replaces a stale socket of an earlier process; anything else at the path is kept, and the
 * runtime then reports that the address is in use.
 */
export function serveUnixSocket(
  path: string,
  options: Pick<Deno.ServeUnixOptions, "onListen" | "onError" | "automaticCompression">,
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
