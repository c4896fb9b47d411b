import { assertEquals } from "@std/assert";
import { dial } from "../../lib/upstream/dial.ts";
import { UpstreamUnreachable } from "../../lib/upstream/errors.ts";

/** Returns why a host can't be reached. */
async function reasonOf(host: string, port: number): Promise<string> {
  const upstream = { scheme: "http", host, port, authority: host, base: "" } as const;
  try {
    (await dial(upstream, { caCerts: [], egress: undefined }, new AbortController().signal)).close();
  } catch (error) {
    if (error instanceof UpstreamUnreachable) return error.message;
    throw error;
  }
  throw new Error(`${host} was reached`);
}

Deno.test("dial() says what can't be reached: a closed port, a name, or an address", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  assertEquals(await reasonOf("127.0.0.1", port), `127.0.0.1:${port} refuses connections`);
  // Longer than a label may be, so that nobody is asked for it.
  const name = `${"x".repeat(64)}.test`;
  assertEquals(await reasonOf(name, 443), `the name ${name} can't be resolved`);
  assertEquals(await reasonOf("255.255.255.255", 443), "255.255.255.255:443 can't be reached");
});
