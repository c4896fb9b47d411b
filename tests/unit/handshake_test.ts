import { assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { BadResponse } from "../../lib/upstream/errors.ts";
import { parseResponseHead } from "../../lib/upstream/response_head.ts";
import {
  acceptFor,
  assertAgreed,
  beginHandshake,
  handshakeFields,
} from "../../lib/upstream/websocket/handshake.ts";

/** The example of RFC 6455, section 1.3. */
const KEY = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/** Reads the head of a 101 as the response to a handshake that offers two subprotocols. */
async function agreed(...lines: string[]): Promise<string | undefined> {
  const head = parseResponseHead(["HTTP/1.1 101 Switching Protocols", ...lines, "", ""].join("\r\n"));
  return await assertAgreed(head, { key: KEY, protocols: ["chat", "superchat"] });
}

const UPGRADE = "Upgrade: websocket";
const CONNECTION = "Connection: Upgrade";
const PROOF = `Sec-WebSocket-Accept: ${ACCEPT}`;

Deno.test("beginHandshake() makes a key of 16 bytes in base64, another one each time", () => {
  const keys = [beginHandshake([]).key, beginHandshake([]).key];
  assertEquals(keys.map((key) => Uint8Array.fromBase64(key).length), [16, 16]);
  assertNotEquals(keys[0], keys[1]);
});

Deno.test("handshakeFields() asks for a WebSocket of version 13, and for subprotocols only if there are some", () => {
  const fields = [
    ["connection", "Upgrade"],
    ["upgrade", "websocket"],
    ["sec-websocket-version", "13"],
    ["sec-websocket-key", KEY],
  ];
  assertEquals(handshakeFields({ key: KEY, protocols: [] }) as unknown, fields);
  for (const protocols of [["chat"], ["chat", "superchat"]]) {
    assertEquals(handshakeFields({ key: KEY, protocols }) as unknown, [
      ...fields,
      ["sec-websocket-protocol", protocols.join(", ")],
    ]);
  }
});

Deno.test("acceptFor() gives what RFC 6455 gives for its example", async () => {
  assertEquals(await acceptFor(KEY), ACCEPT);
});

Deno.test("assertAgreed() returns the subprotocol that the server chose among those offered, if any", async () => {
  assertEquals(await agreed(UPGRADE, CONNECTION, PROOF), undefined);
  assertEquals(await agreed(UPGRADE, CONNECTION, PROOF, "Sec-WebSocket-Protocol: superchat"), "superchat");
  assertEquals(await agreed("upgrade: WebSocket", "connection: keep-alive , UPGRADE", PROOF), undefined);
});

Deno.test("assertAgreed() says what a response to the handshake lacks, or has too much", async () => {
  const cases: [lines: string[], message: string][] = [
    [[CONNECTION, PROOF], "protocol change to something else than a WebSocket"],
    [["Upgrade: h2c", CONNECTION, PROOF], "protocol change to something else than a WebSocket"],
    [[UPGRADE, UPGRADE, CONNECTION, PROOF], "protocol change to something else than a WebSocket"],
    [[UPGRADE, PROOF], "protocol change without Connection: Upgrade"],
    [[UPGRADE, "Connection: keep-alive", PROOF], "protocol change without Connection: Upgrade"],
    [[UPGRADE, CONNECTION], "wrong Sec-WebSocket-Accept"],
    [[UPGRADE, CONNECTION, PROOF, PROOF], "wrong Sec-WebSocket-Accept"],
    [[UPGRADE, CONNECTION, PROOF.toUpperCase()], "wrong Sec-WebSocket-Accept"],
    [
      [UPGRADE, CONNECTION, PROOF, "Sec-WebSocket-Extensions: x"],
      "WebSocket extension that was not offered",
    ],
    ...["other", "Chat", "chat, superchat", ""].map((value): [string[], string] => [
      [UPGRADE, CONNECTION, PROOF, `Sec-WebSocket-Protocol: ${value}`],
      "WebSocket subprotocol that was not offered",
    ]),
    [
      [UPGRADE, CONNECTION, PROOF, "Sec-WebSocket-Protocol: chat", "Sec-WebSocket-Protocol: chat"],
      "WebSocket subprotocol that was not offered",
    ],
  ];
  for (const [lines, message] of cases) {
    const error = await assertRejects(() => agreed(...lines), BadResponse, undefined, lines.join());
    assertEquals(error.message, message, lines.join());
  }
});
