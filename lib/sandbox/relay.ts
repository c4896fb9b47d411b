/**
 * The program inside the sandbox that joins a port of its own loopback interface with the proxy's Unix socket, since most clients
 * take a URL: `relay.ts PORT SOCKET`. Prints a line once it listens. It holds no secret and knows no protocol.
 *
 * @module
 */

/** How much is read at once, in bytes. */
const PIECE = 65536;

async function copy(from: Deno.Conn, to: Deno.Conn): Promise<void> {
  const piece = new Uint8Array(PIECE);
  for (let count = await from.read(piece); count !== null; count = await from.read(piece)) {
    for (let at = 0; at < count;) at += await to.write(piece.subarray(at, count));
  }
  await to.closeWrite();
}

async function join(client: Deno.Conn, path: string): Promise<void> {
  try {
    const proxy = await Deno.connect({ transport: "unix", path });
    // One that breaks ends the other, as a direct connection would.
    const close = () => [client, proxy].forEach(closeOnce);
    await Promise.all([copy(client, proxy), copy(proxy, client)]).catch(close);
    close();
  } catch {
    closeOnce(client);
  }
}

function closeOnce(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch {
    // It is closed already.
  }
}

if (import.meta.main) {
  const [port, path = ""] = Deno.args;
  const listener = Deno.listen({ hostname: "127.0.0.1", port: Number(port) });
  console.log("listening");
  for (;;) {
    try {
      const client = await listener.accept();
      client.setNoDelay();
      join(client, path);
    } catch {
      // Too many connections: those that are open go on.
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
