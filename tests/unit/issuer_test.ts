/**
 * Tokens as a Kubernetes cluster issues them, and as an attacker would make them.
 *
 * @module
 */

import { assertEquals, assertRejects } from "@std/assert";
import { generateSecret, SignJWT, UnsecuredJWT } from "jose";
import { Issuer } from "../../lib/clients/issuer.ts";
import { IssuerKeys, type KeySource } from "../../lib/clients/issuer_keys.ts";
import { parseJwt } from "../../lib/clients/jwt.ts";
import { fail, ok, type Result } from "../../lib/core/result.ts";
import type { Refusal } from "../../lib/http/refusal.ts";
import { AUDIENCE, type ClusterKey, ISSUER, jwks, makeKey, podClaims, podToken } from "../support/cluster.ts";

const CONFIG = {
  issuer: ISSUER,
  audience: AUDIENCE,
  keys: { kind: "file", file: "x" },
} as const;

const ALGORITHMS = ["RS256", "ES256", "EdDSA"];

/** Returns an issuer with a key set that the test may replace. */
function issuerOn(
  set: { text: Result<string>; reads?: number },
  times: Partial<KeySource> = {},
) {
  const lines: string[] = [];
  const source: KeySource = {
    name: "the keys",
    maxAgeMs: 60_000,
    minIntervalMs: 60_000,
    read() {
      set.reads = (set.reads ?? 0) + 1;
      return Promise.resolve(set.text);
    },
    ...times,
  };
  const keys = new IssuerKeys(source, (line) => lines.push(line));
  return { issuer: new Issuer(CONFIG, keys), lines };
}

async function isValid(issuer: Issuer, token: string): Promise<boolean> {
  const jwt = parseJwt(token);
  return jwt !== undefined && await issuer.verify(jwt) !== undefined;
}

Deno.test("verify() accepts a pod's token with each algorithm, with and without a key's identifier", async () => {
  for (const algorithm of ALGORITHMS) {
    for (const id of ["key-1", undefined]) {
      const key = await makeKey(algorithm, id);
      const { issuer } = issuerOn({ text: ok(jwks(key)) });
      assertEquals(await isValid(issuer, await podToken(key)), true, algorithm);
      assertEquals(
        await isValid(issuer, await podToken(key, { aud: AUDIENCE })),
        true,
      );
      const later = Math.floor(Date.now() / 1000) + 20;
      assertEquals(
        await isValid(issuer, await podToken(key, { nbf: later })),
        true,
        "a clock that is ahead",
      );
    }
  }
});

Deno.test("verify() rejects a token whose claims do not fit", async () => {
  const key = await makeKey("ES256", "key-1");
  const { issuer } = issuerOn({ text: ok(jwks(key)) });
  const now = Math.floor(Date.now() / 1000);
  const cases: Record<string, unknown>[] = [
    { exp: now - 1 },
    { exp: now },
    { exp: undefined },
    { exp: String(now + 60) },
    { nbf: now + 60 },
    { nbf: "0" },
    { aud: ["other"] },
    { aud: [] },
    { aud: undefined },
    { aud: { [AUDIENCE]: true } },
    { aud: `${AUDIENCE} ` },
    { iss: `${ISSUER}/` },
    { iss: undefined },
    { sub: undefined },
    { sub: "" },
    { sub: 1 },
    { sub: "x".repeat(257) },
  ];
  for (const differences of cases) {
    const token = await podToken(key, differences);
    assertEquals(
      await isValid(issuer, token),
      false,
      JSON.stringify(differences),
    );
  }
});

Deno.test("verify() rejects what the issuer's key has not signed, whatever the header says", async () => {
  const [key, other] = [
    await makeKey("RS256", "key-1"),
    await makeKey("RS256", "key-1"),
  ];
  const { issuer } = issuerOn({ text: ok(jwks(key)) });
  const good = await podToken(key);
  const [head = "", payload = "", signature = ""] = good.split(".");
  const encode = (value: unknown) =>
    new TextEncoder().encode(JSON.stringify(value)).toBase64({
      alphabet: "base64url",
      omitPadding: true,
    });
  const publicKey = new TextEncoder().encode(JSON.stringify(key.publicJwk));
  const hmac = (secret: Uint8Array | CryptoKey) =>
    new SignJWT(podClaims()).setProtectedHeader({ alg: "HS256", kid: "key-1" })
      .sign(secret);
  const cases: [what: string, token: string][] = [
    ["another key with the same identifier", await podToken(other)],
    ["alg none", new UnsecuredJWT(podClaims()).encode()],
    [
      "alg none with a signature",
      `${encode({ alg: "none" })}.${payload}.${signature}`,
    ],
    ["HS256 with the public key as the secret", await hmac(publicKey)],
    [
      "HS256 with the modulus as the secret",
      await hmac(new TextEncoder().encode(key.publicJwk.n)),
    ],
    [
      "HS256 with any secret",
      await hmac(await generateSecret("HS256") as CryptoKey),
    ],
    [
      "an algorithm that is not accepted",
      await podToken(await makeKey("RS512", "key-1")),
    ],
    ["PS256", await podToken(await makeKey("PS256", "key-1"))],
    [
      "other claims under the same signature",
      `${head}.${encode(podClaims({ sub: "admin" }))}.${signature}`,
    ],
    ["no signature", `${head}.${payload}.`],
    [
      "a critical extension",
      await podToken(key, {}, { crit: ["b64"], b64: true }),
    ],
    ["an embedded key", await podToken(other, {}, { jwk: other.publicJwk })],
    [
      "a link to a key",
      await podToken(other, {}, { jku: "https://evil.test/jwks" }),
    ],
    [
      "a member twice",
      `${btoa('{"alg":"RS256","alg":"RS256"}').replace(/=+$/, "")}.${payload}.${signature}`,
    ],
    ["four parts", `${good}.x`],
    ["padding", `${head}==.${payload}.${signature}`],
    ["a space", `${head}. ${payload}.${signature}`],
    ["another spelling of the last character", respelled(good)],
    [
      "not UTF-8",
      `${head}.${new Uint8Array([0x22, 0xff, 0x22]).toBase64()}.${signature}`,
    ],
    ["not an object", `${encode([])}.${payload}.${signature}`],
  ];
  assertEquals(await isValid(issuer, good), true);
  for (const [what, token] of cases) {
    assertEquals(await isValid(issuer, token), false, what);
  }
});

/** Changes bits of the last character that stand for no bit of the signature. */
function respelled(token: string): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  return token.slice(0, -1) + alphabet[alphabet.indexOf(token.at(-1)!) ^ 1];
}

Deno.test("verify() rejects a key of one type for the algorithm of another", async () => {
  for (const algorithm of ALGORITHMS) {
    const key = await makeKey(algorithm, "key-1");
    for (const other of ALGORITHMS.filter((each) => each !== algorithm)) {
      const { issuer } = issuerOn({
        text: ok(jwks(await makeKey(other, "key-1"))),
      });
      assertEquals(
        await isValid(issuer, await podToken(key)),
        false,
        `${algorithm} with ${other}`,
      );
    }
  }
});

Deno.test("a key set without a key that is strong enough, or with a private one, is rejected", async () => {
  const key = await makeKey("ES256", "key-1");
  const weak = { kty: "RSA", n: "A".repeat(171), e: "AQAB" };
  const cases: [set: string, line: string][] = [
    ["{", "the keys: is not JSON: line 1, column 2: the text ends too early"],
    [
      '{"keys": {}}',
      'the keys: must be a JSON Web Key Set, {"keys": [...]}, got an object',
    ],
    ['{"keys": [], "keys": []}', "the keys: has a member twice"],
    [
      JSON.stringify({
        keys: [weak, { kty: "OKP", crv: "X25519", x: "AA" }, {
          kty: "EC",
          crv: "P-256",
        }, 1],
      }),
      "the keys: contains no key for RS256 (2048 bits or more), ES256 or EdDSA (Ed25519)",
    ],
    [
      JSON.stringify({ keys: [{ ...key.publicJwk, d: "AA" }] }),
      "the keys: contains a private or symmetric key; leave only public keys",
    ],
    [
      JSON.stringify({ keys: [{ kty: "oct", k: "AA" }] }),
      "the keys: contains a private or symmetric key; leave only public keys",
    ],
    [
      jwks({ ...key, publicJwk: { ...key.publicJwk, use: "enc" } }),
      "the keys: contains no key for RS256 (2048 bits or more), ES256 or EdDSA (Ed25519)",
    ],
    [
      JSON.stringify({ keys: Array(33).fill(key.publicJwk) }),
      "the keys: has more than 32 keys",
    ],
    [" ".repeat(256 * 1024 + 1), "the keys: is larger than 256 KiB"],
  ];
  for (const [text, line] of cases) {
    const { issuer, lines } = issuerOn({ text: ok(text) });
    const error = await assertRejects(async () => await isValid(issuer, await podToken(key)));
    assertEquals((error as Refusal).code, "keys_unavailable");
    assertEquals(lines, [`${line}; its tokens can't be verified`]);
  }
});

Deno.test("keys for other purposes in a key set are skipped", async () => {
  const key = await makeKey("ES256", "key-1");
  const others = [
    { kty: "EC", crv: "P-521", x: "AA", y: "AA" },
    { kty: "new" },
    { ...key.publicJwk, use: "enc" },
  ];
  const { issuer } = issuerOn({
    text: ok(JSON.stringify({ keys: [...others, key.publicJwk] })),
  });
  assertEquals(await isValid(issuer, await podToken(key)), true);
});

Deno.test("an unknown key makes the keys be read again, but only after the interval", async () => {
  const [before, after] = [
    await makeKey("ES256", "key-1"),
    await makeKey("ES256", "key-2"),
  ];
  const set: { text: Result<string>; reads?: number } = {
    text: ok(jwks(before)),
  };
  const { issuer } = issuerOn(set, { minIntervalMs: 60_000, maxAgeMs: 600_000 });
  assertEquals(await isValid(issuer, await podToken(before)), true);
  set.text = ok(jwks(before, after));
  for (let tries = 0; tries < 20; tries++) {
    assertEquals(await isValid(issuer, await podToken(after)), false);
  }
  assertEquals(set.reads, 1);
  const { now } = performance;
  using _clock = { [Symbol.dispose]: () => performance.now = now };
  performance.now = () => now.call(performance) + 60_000;
  const tokens = await Promise.all([
    podToken(after),
    podToken(after),
    podToken(before),
  ]);
  assertEquals(
    await Promise.all(tokens.map((token) => isValid(issuer, token))),
    [true, true, true],
  );
  assertEquals(set.reads, 2, "one reading for all");
});

Deno.test("a key that was removed is not accepted once the keys were read again", async () => {
  const [before, after] = [
    await makeKey("ES256", "key-1"),
    await makeKey("ES256", "key-2"),
  ];
  const set: { text: Result<string> } = { text: ok(jwks(before)) };
  const { issuer } = issuerOn(set, { maxAgeMs: 100 });
  const token = await podToken(before);
  const verified = (await issuer.verify(parseJwt(token)!))!;
  assertEquals(issuer.holds(verified, Date.now()), true);
  set.text = ok(jwks(after));
  await new Promise((resolve) => setTimeout(resolve, 150));
  issuer.holds(verified, Date.now());
  await new Promise((resolve) => setTimeout(resolve, 50));
  assertEquals([
    issuer.holds(verified, Date.now()),
    await isValid(issuer, token),
  ], [false, false]);
});

Deno.test("the keys stay while they can't be read, and the log says when that begins and ends", async () => {
  const key: ClusterKey = await makeKey("ES256", "key-1");
  const set: { text: Result<string> } = { text: ok(jwks(key)) };
  const { issuer, lines } = issuerOn(set, { maxAgeMs: 50 });
  const token = await podToken(key);
  const ask = async () => {
    await new Promise((resolve) => setTimeout(resolve, 60));
    return await isValid(issuer, token);
  };
  assertEquals(await isValid(issuer, token), true);
  set.text = fail("the keys", "unreadable", "can't be read (status 500)");
  assertEquals([await ask(), await ask()], [true, true]);
  set.text = ok(jwks(key));
  assertEquals([await ask(), await ask()], [true, true]);
  assertEquals([...new Set(lines)], [
    "the keys: can't be read (status 500); keeping the current keys",
    "the keys: the keys were read",
  ]);
});

Deno.test("a member that stands twice in a signed token makes it invalid, in the header and in the claims", async () => {
  const key = await makeKey("ES256", "key-1");
  const { issuer } = issuerOn({ text: ok(jwks(key)) });
  const encode = (bytes: Uint8Array) => bytes.toBase64({ alphabet: "base64url", omitPadding: true });
  const sign = async (header: string, claims: string) => {
    const signed = [header, claims].map((text) => encode(new TextEncoder().encode(text))).join(".");
    const signature = await crypto.subtle.sign(
      { name: "ECDSA", hash: "SHA-256" },
      key.privateKey,
      new TextEncoder().encode(signed),
    );
    return `${signed}.${encode(new Uint8Array(signature))}`;
  };
  const [header, claims] = ['{"alg":"ES256","kid":"key-1"}', JSON.stringify(podClaims())];
  assertEquals(await isValid(issuer, await sign(header, claims)), true);
  assertEquals(
    await isValid(issuer, await sign('{"alg":"ES256","kid":"key-1","kid":"key-1"}', claims)),
    false,
  );
  assertEquals(await isValid(issuer, await sign(header, `${claims.slice(0, -1)},"sub":"admin"}`)), false);
});
