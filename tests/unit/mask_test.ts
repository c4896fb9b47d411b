import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { Secret } from "../../lib/core/secret.ts";
import { exposedSecrets } from "../../lib/credentials/exposed_secrets.ts";
import { isMaskable, secretForms } from "../../lib/mask/forms.ts";
import { Mask } from "../../lib/mask/mask.ts";
import { StreamMask } from "../../lib/mask/stream_mask.ts";
import { fromLatin1, join, latin1 } from "../support/bytes.ts";

type Auth = Parameters<typeof exposedSecrets>[0];

const BEARER: Auth = { authScheme: "Bearer", authUser: undefined };
const TOKEN = "ghp_16C7e42F292c6912E7710c838347Ae178B4a";

function maskOf(token: string, auth = BEARER): Mask {
  const mask = Mask.of(exposedSecrets(auth, Secret.of(token)));
  if (mask === undefined) throw new Error("The token is too short");
  return mask;
}

function utf8(text: string): string {
  return fromLatin1(new TextEncoder().encode(text));
}

/** The plainest definition of masking: every byte that is part of a form. */
function maskedPlainly(forms: readonly string[], body: string): string {
  const masked = body.split("");
  for (const form of forms) {
    for (let at = body.indexOf(form); at >= 0; at = body.indexOf(form, at + 1)) {
      masked.fill("*", at, at + form.length);
    }
  }
  return masked.join("");
}

/** Returns how many bytes at the text's end are the beginning of a form. */
function openPlainly(forms: readonly string[], text: string): number {
  for (let at = 0; at < text.length; at++) {
    const end = text.slice(at);
    if (forms.some((form) => form.length > end.length && form.startsWith(end))) return end.length;
  }
  return 0;
}

function formsOf(token: string, auth = BEARER): string[] {
  const forms = exposedSecrets(auth, Secret.of(token)).flatMap((secret) => secretForms(secret));
  return [...new Set(forms.map((form) => form.reveal()))];
}

/** Asserts that each text is masked completely, between others and alone. */
function assertMasked(token: string, auth: Auth, texts: readonly string[]): void {
  const mask = maskOf(token, auth);
  for (const text of texts) {
    assertEquals(mask.maskText(`{"x":"${text}"}\n`), `{"x":"${"*".repeat(text.length)}"}\n`, text);
    assertEquals(mask.maskText(text), "*".repeat(text.length), text);
  }
}

Deno.test("Mask masks the token itself, between other bytes and at either end", () => {
  const mask = maskOf(TOKEN);
  const stars = "*".repeat(TOKEN.length);
  assertEquals(mask.maskText(TOKEN), stars);
  assertEquals(mask.maskText(`Bearer ${TOKEN}`), `Bearer ${stars}`);
  assertEquals(mask.maskText(`${TOKEN}${TOKEN}x${TOKEN}\r\n`), `${stars}${stars}x${stars}\r\n`);
  for (const text of ["", "x", TOKEN.slice(1), TOKEN.slice(0, -1), TOKEN.toLowerCase(), "*".repeat(200)]) {
    assertStrictEquals(mask.maskText(text), text);
  }
});

Deno.test("Mask masks the value of a Basic credential, and its parts", () => {
  const auth = { authScheme: "basic", authUser: "x-access-token" };
  const pair = `x-access-token:${TOKEN}`;
  assertMasked(TOKEN, auth, [TOKEN, btoa(pair).replace(/=+$/, "")]);
  assertEquals(maskOf(TOKEN, auth).maskText(pair), `x-access-token:${"*".repeat(TOKEN.length)}`);
  const padded = btoa(`ab:${TOKEN}`);
  assert(padded.endsWith("="));
  assertEquals(
    maskOf(TOKEN, { authScheme: "Basic", authUser: "ab" }).maskText(`Basic ${padded}`),
    `Basic ${padded.replace(/[^=]/g, "*")}`,
  );
});

Deno.test("Mask masks the password of a token that is user:password, if it is long enough", () => {
  const auth = { authScheme: "Basic", authUser: undefined };
  assertEquals(maskOf("user:pass:word9", auth).maskText("user pass:word9"), "user **********");
  assertEquals(
    maskOf("user:pass", auth).maskText("user:pass is not user pass"),
    "********* is not user pass",
  );
  assertEquals(maskOf("user:pass:word9").maskText("user pass:word9"), "user pass:word9");
  assertMasked("user:pass:word9", auth, [btoa("user:pass:word9")]);
});

Deno.test("Mask masks the token's base64 in any text, in both alphabets", () => {
  for (const token of [TOKEN, "8bytes!!", "~~~???>>>~~", "\xff\xfe\xfb\xef\xbe\xfb\xef\xbe"]) {
    const mask = maskOf(token);
    for (const before of ["", "a", "ab", "abc", `{"key":"`]) {
      for (const after of ["", "z", "yz", '"}']) {
        for (const url of [false, true]) {
          let coded = btoa(before + token + after);
          if (url) coded = coded.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
          const masked = mask.maskText(coded);
          // The characters that carry bits of the token and nothing else.
          const from = Math.ceil(before.length * 8 / 6);
          const to = Math.floor((before + token).length * 8 / 6);
          assertEquals(masked.slice(from, to), "*".repeat(to - from), coded);
          assertEquals(masked.slice(0, from), coded.slice(0, from));
          // The last one also carries bits of what follows; if nothing does, it is known.
          const rest = coded.slice(to);
          if (after === "") assertEquals(masked.slice(to), rest.replace(/[^=]/g, "*"));
          else assertEquals(masked.slice(to + 1), rest.slice(1));
        }
      }
    }
  }
});

Deno.test("Mask masks what JavaScript's own encoders make of a token", () => {
  const tokens = [
    TOKEN,
    "a/b+c=d&e f'g",
    'back\\slash "quoted" <tag>',
    "caf\xe9-\xfc\xdf-token",
    "~!@#$%^&*()_+`",
  ];
  for (const token of tokens) {
    const json = JSON.stringify(token).slice(1, -1);
    const form = new URLSearchParams({ "": token }).toString().slice(1);
    const url = new URL("https://x.example/");
    url.search = `?${encodeURIComponent(token)}`;
    const hex = Array.from(latin1(token), (byte) => byte.toString(16).padStart(2, "0")).join("");
    assertMasked(token, BEARER, [
      ...[token, json, form, encodeURIComponent(token), encodeURI(token), url.search.slice(1)].map(utf8),
      token,
      hex,
      hex.toUpperCase(),
      hex.replace(/../g, "%$&"),
      hex.toUpperCase().replace(/../g, "%$&"),
      utf8(JSON.stringify(token.replaceAll("/", "\\/")).slice(1, -1).replaceAll("\\\\/", "\\/")),
    ]);
  }
});

Deno.test("Mask masks what encoders of other languages make of a token", () => {
  const cases: [token: string, texts: string[]][] = [
    // Python: urllib.parse.quote, quote_plus; json.dumps; html.escape.
    ["a/b c+d~e'\"\xe9", [
      "a/b%20c%2Bd~e%27%22%C3%A9",
      "a%2Fb+c%2Bd~e%27%22%C3%A9",
      "a/b c+d~e'\\\"\\u00e9",
      utf8("a/b c+d~e&#x27;&quot;\xe9"),
    ]],
    // Go: url.PathEscape, url.QueryEscape; json.Marshal; html.EscapeString; html/template.
    ["a/b c+d&e<f>'\"", [
      "a%2Fb%20c+d&e%3Cf%3E%27%22",
      "a%2Fb+c%2Bd%26e%3Cf%3E%27%22",
      "a/b c+d\\u0026e\\u003cf\\u003e'\\\"",
      "a/b c+d&amp;e&lt;f&gt;&#39;&#34;",
      "a/b c&#43;d&amp;e&lt;f&gt;&#39;&#34;",
    ]],
    // PHP: json_encode, with JSON_HEX_*; htmlspecialchars; urlencode.
    ["a/b<'\"&>~\xe9", [
      "a\\/b<'\\\"&>~\\u00e9",
      "a\\/b\\u003C\\u0027\\u0022\\u0026\\u003E~\\u00e9".replace("\\u00e9", "\\u00E9"),
      utf8("a/b&lt;&#039;&quot;&amp;&gt;~\xe9"),
      "a%2Fb%3C%27%22%26%3E%7E%C3%A9",
    ]],
    // .NET: System.Text.Json. Java: Gson; URLEncoder.
    ["a+b='c'&\"~*", [
      "a\\u002Bb=\\u0027c\\u0027\\u0026\\u0022~*",
      'a+b\\u003d\\u0027c\\u0027\\u0026\\"~*',
      "a%2Bb%3D%27c%27%26%22%7E*",
    ]],
    // Mustache; Handlebars; OWASP.
    ["a/b='c'`d`", [
      "a&#x2F;b&#x3D;&#39;c&#39;&#x60;d&#x60;",
      "a/b&#x3D;&#x27;c&#x27;&#x60;d&#x60;",
      "a&#x2F;b=&#x27;c&#x27;`d`",
    ]],
  ];
  for (const [token, texts] of cases) assertMasked(token, BEARER, texts);
});

Deno.test("Mask masks base64 that was encoded once more", () => {
  const token = "\xfb\xff\xbf\xfb\xff\xbf\xfb\xff\xbf";
  const coded = btoa(token);
  assertEquals(coded, "+/+/+/+/+/+/");
  const again = (coded: string) => [
    coded,
    coded.replaceAll("/", "\\/"),
    coded.replaceAll("+", "\\u002B"),
    coded.replaceAll("+", "&#43;"),
    coded.replaceAll("/", "&#x2F;"),
    encodeURIComponent(coded),
    encodeURIComponent(coded).replaceAll("%2F", "%2f").replaceAll("%2B", "%2b"),
  ];
  assertMasked(token, BEARER, again(coded));
  const pair = btoa(`~~~???>>>~~:${token}`);
  assert(/[+].*[/]/.test(pair.slice(0, 16)));
  assertMasked(token, { authScheme: "Basic", authUser: "~~~???>>>~~" }, again(pair));
});

Deno.test("Mask masks nothing of a token under 8 bytes", () => {
  for (const token of ["1234567", "", "a:b"]) {
    assertEquals(isMaskable(Secret.of(token)), false);
    for (const authScheme of ["Bearer", "Basic", ""]) {
      const auth = { authScheme, authUser: authScheme === "Basic" ? "a long user name" : undefined };
      assertEquals(exposedSecrets(auth, Secret.of(token)), []);
      assertEquals(secretForms({ text: Secret.of(token) }), []);
      assertEquals(Mask.of(exposedSecrets(auth, Secret.of(token))), undefined);
    }
  }
  assert(isMaskable(Secret.of("12345678")));
  assertMasked("12345678", BEARER, ["12345678"]);
});

Deno.test("secretForms() returns no form twice and none under 8 bytes", () => {
  for (const token of ["aaaaaaaa", TOKEN, "%%%%%%%%", "a:b c/d+e\xff"]) {
    for (const authScheme of ["Bearer", "Basic", ""]) {
      const auth = { authScheme, authUser: undefined };
      for (const secret of exposedSecrets(auth, Secret.of(token))) {
        const forms = secretForms(secret).map((form) => form.reveal());
        assertEquals(new Set(forms).size, forms.length);
      }
      const forms = formsOf(token, auth);
      assert(forms.every((form) => form.length >= 8 && latin1(form).length > 0));
    }
  }
});

Deno.test("Mask and StreamMask print nothing of the secret", () => {
  const mask = maskOf(TOKEN);
  const stream = new StreamMask({ current: mask });
  stream.push(latin1(TOKEN.slice(0, 20)));
  const inspected = Deno.inspect({ mask, stream }, { depth: 20, iterableLimit: 10_000, showHidden: true });
  assertEquals(inspected, "{ mask: Mask {}, stream: StreamMask {} }");
  assertEquals(JSON.stringify({ mask, stream }), '{"mask":{},"stream":{}}');
});

/** Tokens that overlap with themselves, and tokens of everything that a head can carry. */
const anyToken = fc.oneof(
  fc.string({ unit: fc.constantFrom("a", "b"), minLength: 8, maxLength: 14 }),
  fc.string({ unit: fc.constantFrom(..."abAB01:/+-_%&\"'<\\ \xe9"), minLength: 8, maxLength: 14 }),
  fc.string({
    unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code)),
    minLength: 8,
    maxLength: 30,
  }),
);

const anyAuth = fc.constantFrom<Auth>(
  BEARER,
  { authScheme: "", authUser: undefined },
  { authScheme: "Basic", authUser: "user" },
  { authScheme: "Basic", authUser: undefined },
);

/** A body of forms, beginnings and endings of forms, and other bytes, and the positions at which it is cut. */
const anyCase = fc.tuple(anyToken, anyAuth).chain(([token, auth]) => {
  const form = fc.constantFrom(...formsOf(token, auth));
  const piece = fc.oneof(
    form,
    fc.tuple(form, fc.nat(40)).map(([form, length]) => form.slice(0, length)),
    fc.tuple(form, fc.nat(40)).map(([form, from]) => form.slice(from)),
    fc.string({ unit: fc.constantFrom(...token, "*", "\n", "\0"), maxLength: 12 }),
  );
  return fc.record({
    token: fc.constant(token),
    auth: fc.constant(auth),
    body: fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join("")),
    cuts: fc.oneof(
      fc.array(fc.nat(400), { maxLength: 30 }),
      fc.constant(Array.from({ length: 400 }, (_, at) => at)),
    ),
  });
});

Deno.test("StreamMask masks a body cut anywhere like the whole body, and holds back no more than it must", () => {
  fc.assert(
    fc.property(anyCase, ({ token, auth, body, cuts }) => {
      const forms = formsOf(token, auth);
      const mask = maskOf(token, auth);
      const expected = maskedPlainly(forms, body);
      assertEquals(fromLatin1(mask.maskBytes(latin1(body))), expected);
      assertEquals(mask.maskText(body), expected);
      const stream = new StreamMask({ current: mask });
      const places = [...new Set([0, ...cuts.filter((at) => at < body.length), body.length])].sort((a, b) =>
        a - b
      );
      const out: Uint8Array[] = [];
      let sent = 0;
      for (let index = 1; index < places.length; index++) {
        const to = places[index]!;
        const went = stream.push(latin1(body.slice(places[index - 1], to)));
        sent += went.length;
        out.push(went.slice());
        // What has gone on can't change any more, so it must equal the masked whole.
        assertEquals(fromLatin1(went), expected.slice(sent - went.length, sent));
        assertEquals(to - sent, openPlainly(forms, body.slice(0, to)));
      }
      out.push(stream.flush());
      assertEquals(fromLatin1(join(out)), expected);
      assertEquals(stream.flush().length, 0);
    }),
    { numRuns: 500 },
  );
});

Deno.test("StreamMask returns the very piece it was given where it holds nothing back", () => {
  const stream = new StreamMask({ current: maskOf(TOKEN) });
  for (
    const text of [
      "",
      "\n\n",
      "event: ping\ndata: {}\n\n",
      `data: ${TOKEN}\n\n`,
      `${TOKEN}`,
      "x".repeat(1000),
    ]
  ) {
    const piece = latin1(text);
    assertStrictEquals(stream.push(piece), piece);
  }
  assertEquals(stream.flush().length, 0);
});

Deno.test("StreamMask releases what it held once that can't be the secret, and at the end", () => {
  const stream = new StreamMask({ current: maskOf(TOKEN) });
  const push = (text: string) => fromLatin1(stream.push(latin1(text)));
  assertEquals(push(`a ${TOKEN.slice(0, 5)}`), "a ");
  assertEquals(push(TOKEN.slice(5, 9)), "");
  assertEquals(push("!"), `${TOKEN.slice(0, 9)}!`);
  assertEquals(push(TOKEN.slice(0, -1)), "");
  assertEquals(push(TOKEN.slice(-1)), "*".repeat(TOKEN.length));
  assertEquals(push(`${TOKEN.slice(0, 7)}`), "");
  assertEquals(fromLatin1(stream.flush()), TOKEN.slice(0, 7));
});

Deno.test("StreamMask reads content that resembles the secret in linear time", () => {
  const cases: [token: string, body: string][] = [
    ["a".repeat(2000), "a".repeat(1999) + "b"],
    ["a".repeat(2000), "a"],
    ["a".repeat(1999) + "b", "a"],
    ["b" + "a".repeat(1999), "a"],
    [TOKEN.repeat(50), TOKEN.repeat(50).slice(0, -1)],
  ];
  for (const [token, unit] of cases) {
    const mask = maskOf(token);
    const time = (length: number) => {
      let best = Infinity;
      for (let round = 0; round < 5; round++) {
        const body = latin1(unit.repeat(Math.ceil(length / unit.length)).slice(0, length));
        const start = performance.now();
        new StreamMask({ current: mask }).push(body);
        best = Math.min(best, performance.now() - start);
      }
      return best;
    };
    time(1 << 16);
    // Comparing each form from each byte on would take half a second and more.
    const took = time(1 << 18);
    assert(took < 250, `${took} ms for 256 KiB`);
  }
});
