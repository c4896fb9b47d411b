/**
 * Measures masking: searching content without a secret, small pieces, content built to be slow, and building the tables.
 * 256 KiB in 52 us are 5 GB/s.
 *
 * @module
 */
import { Secret } from "../lib/core/secret.ts";
import { exposedSecrets } from "../lib/credentials/exposed_secrets.ts";
import { Mask } from "../lib/mask/mask.ts";
import { StreamMask } from "../lib/mask/stream_mask.ts";

const KIB = 1024;
const BULK = 256 * KIB;
const encoder = new TextEncoder();

/** Returns the same numbers from 0 to 1 in every run, so that runs can be compared. */
const random = (() => {
  let state = 1;
  return () => (state = (state * 48271) % 0x7fffffff) / 0x7fffffff;
})();

function bytesOf(make: () => string): Uint8Array<ArrayBuffer> {
  let text = "";
  while (text.length < BULK) text += make();
  // An end that could begin a form would be held back and the next piece copied, which is measured separately.
  return encoder.encode(text.slice(0, BULK - 2) + "\n\n");
}

const WORDS =
  "the of and to in a is that for it as was with be by on not he his but at are this have from or had an they "
    .concat(
      "token request error response message content function return value number string object stream update",
    )
    .split(" ");
const word = () => WORDS[Math.floor(random() * WORDS.length)]!;
const letters = (length: number, alphabet: string) =>
  Array.from({ length }, () => alphabet[Math.floor(random() * alphabet.length)]).join("");
const HEX = "0123456789abcdef";
const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

const bulks: Record<string, Uint8Array<ArrayBuffer>> = {
  random: Uint8Array.from({ length: BULK }, () => Math.floor(random() * 256)).fill(10, BULK - 2),
  text: bytesOf(() => `${word()} `),
  base64: bytesOf(() => letters(64, BASE64)),
  JSON: bytesOf(() =>
    `{"id":"msg_${letters(24, BASE64)}","type":"content_block_delta","index":${Math.floor(random() * 100)},` +
    `"sha":"${letters(40, HEX)}","url":"https://api.example.com/repos/o/r/${Math.floor(random() * 1e6)}",` +
    `"delta":{"text":"${word()} ${word()}"}},`
  ),
};

const TOKENS: Record<string, string> = {
  "8 bytes": "xK9_2pQz",
  "40 bytes": `ghp_${letters(36, BASE64.slice(0, 62))}`,
  "108 bytes": `sk-ant-api03-${letters(95, BASE64.slice(0, 62) + "-_")}`,
  "1,200 bytes": letters(1200, BASE64.slice(0, 62) + "-_"),
};

function maskOf(token: string): Mask {
  const mask = Mask.of(
    exposedSecrets({ authScheme: "Basic", authUser: "x-access-token" }, Secret.of(token)),
  );
  if (mask === undefined) throw new Error("The token is too short");
  return mask;
}

for (const [size, token] of Object.entries(TOKENS)) {
  const mask = maskOf(token);
  for (const [kind, bytes] of Object.entries(bulks)) {
    Deno.bench(`256 KiB of ${kind}`, { group: `bulk, token of ${size}` }, () => {
      new StreamMask({ current: mask }).push(bytes);
    });
  }
  Deno.bench("build the tables", { group: `tables, token of ${size}` }, () => {
    maskOf(token);
  });
}

const token = TOKENS["40 bytes"]!;
const mask = maskOf(token);

Deno.bench("256 KiB after a piece whose end was held back", { group: "bulk, held" }, () => {
  const stream = new StreamMask({ current: mask });
  stream.push(encoder.encode(token.slice(0, 1)));
  stream.push(bulks.JSON!);
});

const event = encoder.encode(
  'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"text":"hi there"}}\n\n',
);
const page = bulks.JSON!.slice(0, KIB);
const fields = [
  "application/json; charset=utf-8",
  "Tue, 01 Jul 2025 12:00:00 GMT",
  `W/"${letters(64, HEX)}"`,
  "gzip",
]
  .concat(
    "https://api.example.com/repositories/1300192/issues?per_page=30&page=2; rel=next",
    letters(32, HEX),
  );

Deno.bench("an event of 100 bytes", { group: "small" }, () => {
  const stream = new StreamMask({ current: mask });
  stream.push(event);
  stream.flush();
});
Deno.bench("a response of 1 KiB", { group: "small" }, () => {
  const stream = new StreamMask({ current: mask });
  stream.push(page);
  stream.flush();
});
Deno.bench("six field values", { group: "small" }, () => {
  for (const field of fields) mask.maskText(field);
});

/** Content built to be slow, and the token that it is built for. */
const HOSTILE: Record<string, [token: string, unit: string]> = {
  "all but the last byte of the token, repeated": [token, token.slice(0, -1)],
  "the last two bytes of the token, repeated": [token, token.slice(-2)],
  "the token, repeated": [token, token],
  "one byte, and a token of that byte only": ["a".repeat(40), "a"],
  "one byte, and a token of that byte but for its first": ["b" + "a".repeat(40), "a"],
};
for (const [kind, [token, unit]] of Object.entries(HOSTILE)) {
  const mask = maskOf(token);
  const bytes = encoder.encode(unit.repeat(BULK / unit.length));
  Deno.bench(`256 KiB of ${kind}`, { group: "hostile" }, (run) => {
    const piece = bytes.slice();
    run.start();
    new StreamMask({ current: mask }).push(piece);
    run.end();
  });
}
