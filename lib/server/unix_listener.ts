import type { Handler } from "../proxy/handler.ts";

/** Anyone who may enter the socket's folder may connect, as with an address: the client is another user. */
const MODE = 0o666;

/**
 * Serves on a Unix socket. A socket that an earlier process left is replaced; anything else at the path is left alone,
 * and the runtime then says that the address is in use.
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
