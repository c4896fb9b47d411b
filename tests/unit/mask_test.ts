import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { Secret } from "../../lib/core/secret.ts";
import { exposedSecrets, hasUnmaskedPassword } from "../../lib/credentials/exposed_secrets.ts";
import { isMaskable, secretForms } from "../../lib/mask/forms.ts";
import { Mask } from "../../lib/mask/mask.ts";
import { spelledEnds } from "../../lib/mask/spellings.ts";
import { StreamMask } from "../../lib/mask/stream_mask.ts";
import { fromLatin1, latin1 } from "../support/bytes.ts";

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

function formsOf(token: string, auth = BEARER): string[] {
  const forms = exposedSecrets(auth, Secret.of(token)).flatMap((secret) => secretForms(secret));
  return [...new Set(forms.map((form) => form.reveal() + form.revealExtra()))];
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
  for (const text of ["", "x", TOKEN.slice(1), TOKEN.slice(0, -1), TOKEN.toUpperCase(), "*".repeat(200)]) {
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
  // The whole token is the password of a user that the table names.
  const named = { authScheme: "Basic", authUser: "me" };
  assertEquals(maskOf("user:pass:word9", named).maskText("user pass:word9"), "user pass:word9");
});

Deno.test("Mask masks the password of a pair without a user", () => {
  const basic: Auth = { authScheme: "Basic", authUser: undefined };
  for (const pair of [":s3cr3t-passw0rd", "u:s3cr3t-passw0rd"]) {
    assertEquals(maskOf(pair, basic).maskText("x s3cr3t-passw0rd y"), `x ${"*".repeat(15)} y`, pair);
  }
});

Deno.test("Mask masks a secret with spaces, each as itself, as a plus or in percent-encoding", () => {
  for (
    const secret of [
      "correct horse battery staple",
      "a b c d e f g h i j k l m n o p",
      "0123456789 abcdefg z",
    ]
  ) {
    for (const space of [" ", "+", "%20"]) {
      const text = secret.replaceAll(" ", space);
      assertEquals(maskOf(secret).maskText(`x=${text}&y`), `x=${"*".repeat(text.length)}&y`, text);
    }
    // A plus stands for nothing else.
    const other = `x=+${secret.slice(1)}`;
    assertEquals(maskOf(secret).maskText(other), other);
    const form = new URLSearchParams({ x: `${secret}/${secret}` }).toString();
    assertEquals(maskOf(`${secret}/${secret}`).maskText(form), `x=${"*".repeat(form.length - 2)}`, form);
  }
});

Deno.test("Mask masks the token's base64 in any text, in both alphabets", () => {
  for (const token of [TOKEN, "8bytes!!", "~~~???>>>~~", "\xff\xfe\xfb\xef\xbe\xfb\xef\xbe"]) {
    const mask = maskOf(token);
    for (const before of ["", "a", "ab", "abc", `{"key":"`]) {
      for (const after of ["", "z", "yz", '"}']) {
        for (const url of [false, true]) {
          let coded = btoa(before + token + after);
          if (url) {
            coded = coded.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
          }
          const masked = mask.maskText(coded);
          // The characters that carry bits of the token and nothing else.
          const from = Math.ceil(before.length * 8 / 6);
          const to = Math.floor((before + token).length * 8 / 6);
          assertEquals(masked.slice(from, to), "*".repeat(to - from), coded);
          assertEquals(masked.slice(0, from), coded.slice(0, from));
          // The last one also carries bits of what follows; if nothing does, it is known.
          const rest = coded.slice(to);
          if (after === "") {
            assertEquals(masked.slice(to), rest.replace(/[^=]/g, "*"));
          } else assertEquals(masked.slice(to + 1), rest.slice(1));
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
    // PHP: htmlentities for HTML 5.
    ["pa$$/w0rd+(x)_[y]{z}", [
      "pa&dollar;&dollar;&sol;w0rd&plus;&lpar;x&rpar;&lowbar;&lbrack;y&rsqb;&lbrace;z&rcub;",
    ]],
    ["ghp_16C7e42F292c6912E7710c838347Ae178B4a", ["ghp&lowbar;16C7e42F292c6912E7710c838347Ae178B4a"]],
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

Deno.test("Mask masks a token of which every character is escaped, and every one of that once more", () => {
  const inHex = (text: string) => new TextEncoder().encode(text).toHex();
  const escapes = [
    (text: string) => inHex(text).replace(/../g, "%$&"),
    (text: string) => inHex(text).replace(/../g, "\\x$&"),
    (text: string) => [...text].map((char) => `&#${char.charCodeAt(0)};`).join(""),
  ];
  for (const first of escapes) {
    for (const second of escapes) assertMasked(TOKEN, BEARER, [first(TOKEN), second(first(TOKEN))]);
  }
});

Deno.test("Mask masks a token of which every character is escaped in any way, wherever it stands", () => {
  const hex = (char: string, digits: number) => char.charCodeAt(0).toString(16).padStart(digits, "0");
  const ways: readonly ((char: string) => string)[] = [
    (char) => `%${hex(char, 2)}`,
    (char) => `\\x${hex(char, 2)}`,
    (char) => `\\u${hex(char, 4)}`,
    (char) => `&#x${hex(char, 2)};`,
    (char) => `&#x${hex(char, 4)};`,
    (char) => `&#x${hex(char, 5)};`,
    (char) => `&#${char.charCodeAt(0)};`,
    (char) => `${char}\0`,
  ];
  for (const token of ["xK9_2pQz", "a-token-of-28-bytes-01234567", TOKEN]) {
    const mask = maskOf(token);
    const each = ways.map((way) => [...token].map(way).join(""));
    // One way after another, beginning with each.
    const mixed = ways.slice(0, -1).map((_, first) =>
      [...token].map((char, index) => ways[(first + index) % (ways.length - 1)]!(char)).join("")
    );
    for (const text of [...each, ...mixed]) {
      for (let before = 0; before < 130; before++) {
        const masked = mask.maskText(" ".repeat(before) + text + " ".repeat(before % 70)).trim();
        // The last byte of UTF-16 may be left, which is always 0.
        assertEquals(masked.replace(/\0$/, "*"), "*".repeat(text.length), text);
      }
    }
  }
});

Deno.test("Mask masks a token that is escaped throughout with one reference of the longest kind, wherever it stands", () => {
  const token = "a-token-of-30-bytes-0123456789";
  const mask = maskOf(token);
  const hex = (char: string, digits: number) => char.charCodeAt(0).toString(16).padStart(digits, "0");
  const longest = [
    (char: string) => `&#x${hex(char, 5)};`,
    (char: string) => `&#${String(char.charCodeAt(0)).padStart(6, "0")};`,
  ];
  for (const way of longest) {
    for (let long = 0; long < token.length; long++) {
      const text = [...token].map((char, index) => index === long ? way(char) : `%${hex(char, 2)}`).join("");
      for (let before = 0; before < 90; before++) {
        assertEquals(mask.maskText(" ".repeat(before) + text).trim(), "*".repeat(text.length), text);
      }
    }
  }
});

/** Returns how the runtime's own encoders spell a token. */
function encodedByRuntime(token: string): readonly string[] {
  return [
    encodeURIComponent(token),
    encodeURIComponent(encodeURIComponent(token)),
    encodeURI(token),
    new URLSearchParams({ token }).toString().slice("token=".length),
    JSON.stringify(token).slice(1, -1),
  ];
}

Deno.test("Mask masks a token of many different special characters as usual encoders spell it", () => {
  const token = "a\\0CCw$Z*C[i#c^k#JK?\"$aQ<pzU6$4&?HS'27`j^H{2~}(4";
  const mask = maskOf(token);
  const eachSpecial = (spell: (char: string) => string) => token.replace(/[^A-Za-z0-9]/g, spell);
  const hex = (char: string) => char.charCodeAt(0).toString(16);
  const spelled = [
    ...encodedByRuntime(token),
    JSON.stringify(token).slice(1, -1).replace(/[<>&']/g, (char) => `\\u00${hex(char)}`),
    token.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;").replaceAll("'", "&#39;"),
    eachSpecial((char) => `%${hex(char).toUpperCase()}`),
    eachSpecial((char) => `%25${hex(char)}`),
    eachSpecial((char) => `\\u00${hex(char)}`),
    eachSpecial((char) => `\\x${hex(char)}`),
    eachSpecial((char) => `&#${char.charCodeAt(0)};`),
    eachSpecial((char) => `&#x${hex(char)};`),
    eachSpecial((char) => `&#x${hex(char).toUpperCase()};`),
    eachSpecial((char) => `\\${char}`),
  ];
  for (const text of spelled) assertEquals(mask.maskText(text), "*".repeat(text.length), text);
});

Deno.test("Mask masks a token that ends in nothing but different special characters as usual encoders spell it", () => {
  const encode = (char: string) => `%${char.charCodeAt(0).toString(16)}`;
  const token = "Passw0rd~}|{`_^]\\[@?>=<;:/.-,+*)('&%$#\"!";
  const mask = maskOf(token);
  const spelled = [
    ...encodedByRuntime(token),
    token.replace(/[^A-Za-z0-9._/-]/g, encode),
    token.replace(/[^A-Za-z0-9]/g, encode),
  ];
  for (const text of spelled) assertEquals(mask.maskText(text), "*".repeat(text.length), text);
});

Deno.test("spelledEnds() returns some thousand spellings at most, however many characters can be escaped", () => {
  const text = "!@#$%^&*()_+{}|:<>?-=[];',./`~\"\\ ";
  for (const side of ["start", "end"] as const) {
    const counts = [8, 12, 16].map((length) => spelledEnds(text, { length, side }).size);
    assert(counts.every((count) => count < 6_000), `${counts}`);
    // Without a limit, it would be over a hundred thousand.
    const longest = spelledEnds(text, { length: 27, side }).size;
    assert(longest < 12_000, `${longest}`);
  }
});

Deno.test("Mask masks a token with percent signs and digits that looks encoded itself", () => {
  for (const token of ["ab%5Cdefgh12", "100%41off-50%25-and-more-of-it-0123456789"]) {
    assertMasked(token, BEARER, [
      token,
      encodeURIComponent(token),
      encodeURIComponent(encodeURIComponent(token)),
    ]);
  }
});

Deno.test("Mask masks no text in which other characters stand for a percent sign, or `%25` for another", () => {
  // Far enough from its end, by which a token is found.
  const token = `begin%and${"0123456789".repeat(3)}`;
  for (const other of ["beginxyzand", "begin25and", "begin%a%25d", "begi%25%and"]) {
    const text = token.replace("begin%and", other);
    assertEquals(maskOf(token).maskText(text), text);
  }
});

Deno.test("Mask masks a token whose first character is escaped, also where content begins", () => {
  assertMasked("_secret-0123456789", BEARER, ["\\_secret\\-0123456789", "%5Fsecret%2D0123456789"]);
  // Of which `%25` is no escape by itself: with the digits after it, it looks like one that was encoded twice.
  assertMasked("%41-secret-0123456789", BEARER, ["%2541-secret-0123456789"]);
});

Deno.test("Mask masks a token in lower case, as field names are", () => {
  assertEquals(maskOf(TOKEN).maskText(`x-${TOKEN.toLowerCase()}-y`), `x-${"*".repeat(TOKEN.length)}-y`);
});

Deno.test("Mask forgets secrets that are gone, and finds those that come after them", () => {
  const mask = Mask.of([{ text: Secret.of(TOKEN) }, { text: Secret.of("another-secret") }])!;
  mask.set([{ text: Secret.of("another-secret") }]);
  assertEquals(mask.maskText(`${TOKEN} another-secret`), `${TOKEN} **************`);
  mask.set([]);
  assert(mask.isEmpty);
  assertEquals(mask.maskText(`${TOKEN} another-secret`), `${TOKEN} another-secret`);
  for (let round = 0; round < 200; round++) {
    const secrets = Array.from(
      { length: 5 },
      (_, at) => `${"secret-number-".repeat(3)}${round}-${at}-0123456789`,
    );
    mask.set(secrets.map((text) => ({ text: Secret.of(text) })));
    for (const secret of secrets) assertEquals(mask.maskText(secret), "*".repeat(secret.length));
  }
});

Deno.test("hasUnmaskedPassword() is true for a pair whose password alone is too short to be masked", () => {
  const basic = { authScheme: "Basic", authUser: undefined };
  const has = (auth: Auth, token: string) => hasUnmaskedPassword(auth, Secret.of(token));
  assert(has(basic, "someone:1234567"));
  assert(!has(basic, "someone:12345678"));
  assert(!has(basic, "a-token-alone"));
  assert(!has({ authScheme: "Basic", authUser: "git" }, "someone:1234567"));
  assert(!has(BEARER, "someone:1234567"));
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
        const forms = secretForms(secret).map((form) => form.reveal() + form.revealExtra());
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
  const forms = secretForms({ text: Secret.of(TOKEN) });
  const printed = Deno.inspect({ mask, stream, forms }, {
    depth: 20,
    iterableLimit: 10_000,
    showHidden: true,
    getters: true,
  });
  assert(printed.includes("Form { wraps: false, isSparse: false }"), printed);
  assertEquals(printed.match(/[^\s:{}\[\]]{12,}/g), null, printed);
  assertEquals(JSON.stringify({ mask, stream }), '{"mask":{},"stream":{}}');
});

Deno.test("Mask masks a token in which any punctuation is escaped with a backslash, and nothing else", () => {
  const punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";
  for (const each of punctuation) {
    const token = `AbcDefGhi0123${each}456789jklMnop`;
    const escaped = token.replace(each, () => `\\${each}`);
    assertEquals(maskOf(token).maskText(`"${escaped}"`), `"${"*".repeat(escaped.length)}"`, each);
  }
  for (const each of "AMZamz059 \x7f") {
    // Far enough from its end, by which a token is found.
    const escaped = `AbcDefGhi0123\\${each}456789jklMnop${"0123456789".repeat(3)}`;
    assertEquals(maskOf(escaped.replace("\\", "")).maskText(escaped), escaped);
  }
});
