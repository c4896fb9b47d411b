import { assertEquals, assertInstanceOf, assertMatch } from "@std/assert";
import { dial } from "../../lib/upstream/dial.ts";
import { UpstreamTlsFailed, UpstreamUnreachable } from "../../lib/upstream/errors.ts";
import { trustAdvice } from "../../lib/upstream/trust_advice.ts";
import { within } from "../support/within.ts";

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

Deno.test("trustAdvice() says what to do about an authority that is not trusted or is no server's, and nothing about other failures", () => {
  const other = " (to trust another authority, name its file in CRED_PROXY_CA_FILE)";
  assertEquals(trustAdvice("invalid peer certificate: UnknownIssuer", "api.test"), other);
  assertEquals(trustAdvice("invalid peer certificate: BadSignature", "api.test"), other);
  const own = "invalid peer certificate: Other(OtherError(CaUsedAsEndEntity))";
  for (
    const [host, name] of [
      ["api.test", "DNS:api.test"],
      ["1.api.test", "DNS:1.api.test"],
      ["api.1", "DNS:api.1"],
      ["10.0.0.1", "IP:10.0.0.1"],
      ["::1", "IP:::1"],
    ] as const
  ) {
    const advice = trustAdvice(own, host);
    assertMatch(advice, /^ \(the certificate of \S+ is that of an authority .+ server\.pem\)$/);
    assertEquals(/subjectAltName=([^"]+)"/.exec(advice)?.[1], name);
  }
  assertEquals(trustAdvice("invalid peer certificate: Expired", "api.test"), "");
});

Deno.test("dial() closes a connection for its signal only until it has returned it", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const upstream = { scheme: "http", host: "127.0.0.1", port, authority: "a", base: "" } as const;
  const controller = new AbortController();
  const conn = await dial(upstream, { caCerts: [], egress: undefined }, controller.signal);
  using other = await listener.accept();
  controller.abort();
  assertEquals(await conn.write(Uint8Array.of(1)), 1);
  assertEquals(await other.read(new Uint8Array(2)), 1);
  conn.close();
});

Deno.test("dial() gives up a TLS handshake that gets no answer once its signal is aborted", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const upstream = { scheme: "https", host: "127.0.0.1", port, authority: "a", base: "" } as const;
  const controller = new AbortController();
  const dialled = dial(upstream, { caCerts: [], egress: undefined }, controller.signal);
  using other = await listener.accept();
  // The ClientHello has come.
  await other.read(new Uint8Array(1));
  controller.abort();
  const ended = dialled.then(() => "connected", () => "given up");
  assertEquals(await within(ended, "The end of the attempt"), "given up");
});

Deno.test("dial() tells a handshake that fails from one that breaks off, after which another may succeed", async () => {
  // An alert: handshake_failure.
  const alert = Uint8Array.of(0x15, 3, 3, 0, 2, 2, 0x28);
  for (const [answer, failed] of [[alert, true], [undefined, false]] as const) {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    const upstream = { scheme: "https", host: "127.0.0.1", port, authority: "a", base: "" } as const;
    const dialled = dial(upstream, { caCerts: [], egress: undefined }, new AbortController().signal);
    const ended = dialled.then(() => "connected", (error) => error);
    const other = await listener.accept();
    await other.read(new Uint8Array(4096));
    if (answer !== undefined) await other.write(answer);
    other.close();
    const error = await within(ended, "The end of the handshake");
    assertInstanceOf(error, Error);
    assertEquals(error instanceof UpstreamTlsFailed, failed, String(error));
  }
});
