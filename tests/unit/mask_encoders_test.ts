/**
 * Encoders of several languages, run for real: whatever they make of a token is masked. A language that is not installed
 * is left out, and said so.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { Secret } from "../../lib/core/secret.ts";
import { Mask } from "../../lib/mask/mask.ts";

const TOKENS = [
  "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
  "sk-ant-api03-AbC_dEf-0123456789-ABCDEFGHIJ_klmnopqrstuvwxyz-AA",
  "glpat-x8Zk_3mPq-Rs7tUvWxYz",
  "pa$$/w0rd+&<\"'=~!*",
  "8bytes!~",
];

/** Programs that read tokens as JSON, and print a JSON object per token: the output by the encoder's name. */
const PROGRAMS: Readonly<Record<string, readonly string[]>> = {
  python: [
    "python3",
    "-c",
    `
import sys, json, base64, binascii, html, quopri, urllib.parse, textwrap, xml.sax.saxutils as sax
for t in json.load(sys.stdin):
    b = t.encode()
    print(json.dumps({
        "json.dumps": json.dumps(t)[1:-1],
        "json.dumps twice": json.dumps(json.dumps(t)[1:-1])[1:-1] if not set(t) & set('"\\\\') else t,
        "urllib quote": urllib.parse.quote(t),
        "urllib quote, nothing kept": urllib.parse.quote(t, safe=""),
        "urllib quote_plus": urllib.parse.quote_plus(t),
        "urllib quote twice": urllib.parse.quote(urllib.parse.quote(t, safe="")),
        "html.escape": html.escape(t),
        "xmlcharrefreplace": "".join("&#%d;" % ord(c) for c in t),
        "sax.escape": sax.escape(t),
        "sax.quoteattr entities": sax.escape(t, {'"': "&quot;", "'": "&apos;"}),
        "base64.b64encode": base64.b64encode(b).decode().rstrip("="),
        "base64.urlsafe_b64encode": base64.urlsafe_b64encode(b).decode().rstrip("="),
        "base64 of base64": base64.b64encode(base64.b64encode(b).rstrip(b"=")).decode().rstrip("="),
        "quoted base64, twice": urllib.parse.quote(urllib.parse.quote(base64.b64encode(b).decode().rstrip("="), safe=""), safe=""),
        "binascii.hexlify": binascii.hexlify(b).decode(),
        "bytes.hex upper": b.hex().upper(),
        "unicode escapes": "".join("\\\\u%04x" % ord(c) for c in t),
        "hex escapes": "".join("\\\\x%02x" % ord(c) for c in t),
        "percent of all": "".join("%%%02X" % c for c in b),
        "UTF-16LE": t.encode("utf-16-le").decode("latin-1").strip("\\0"),
        "UTF-16BE": t.encode("utf-16-be").decode("latin-1").strip("\\0"),
    }))
`,
  ],
  perl: [
    "perl",
    "-MMIME::Base64",
    "-MJSON::PP",
    "-e",
    `
local $/; my $tokens = decode_json(<STDIN>);
for my $t (@$tokens) {
  (my $uri = $t) =~ s/([^A-Za-z0-9])/sprintf("%%%02X", ord($1))/ge;
  (my $lower = $t) =~ s/([^A-Za-z0-9_.~-])/sprintf("%%%02x", ord($1))/ge;
  (my $entities = $t) =~ s/([^A-Za-z0-9])/sprintf("&#x%x;", ord($1))/ge;
  (my $b64 = encode_base64($t, "")) =~ s/=+$//;
  my $json = JSON::PP->new->allow_nonref->encode($t);
  print JSON::PP->new->canonical->encode({
    "uri_escape, all but letters and digits" => $uri, "uri_escape in lower case" => $lower, "HTML::Entities in hex" => $entities,
    "encode_base64" => $b64, "JSON::PP" => substr($json, 1, -1), "unpack H*" => unpack("H*", $t), "quotemeta" => quotemeta($t),
  }), "\\n";
}
`,
  ],
  node: [
    "node",
    "-e",
    `
const tokens = JSON.parse(require("fs").readFileSync(0, "utf8"));
const { inspect } = require("util"), qs = require("querystring");
for (const t of tokens) {
  const b = Buffer.from(t);
  console.log(JSON.stringify({
    "JSON.stringify": JSON.stringify(t).slice(1, -1),
    "encodeURIComponent": encodeURIComponent(t),
    "encodeURI": encodeURI(t),
    "encodeURIComponent twice": encodeURIComponent(encodeURIComponent(t)),
    "escape": escape(t),
    "querystring": qs.escape(t),
    "URLSearchParams": new URLSearchParams([["", t]]).toString().slice(1),
    "Buffer base64": b.toString("base64").replace(/=+$/, ""),
    "Buffer base64url": b.toString("base64url"),
    "Buffer hex": b.toString("hex"),
    "Buffer utf16le": b.toString("latin1") && Buffer.from(t, "utf16le").toString("latin1").slice(0, -1),
    "Go's JSON": JSON.stringify(t).slice(1, -1).replace(/[<>&]/g, (c) => "\\\\u00" + c.charCodeAt(0).toString(16)),
    "regular expression": t.replace(/[.*+?^$(){}|[\\]\\\\\\/-]/g, "\\\\$&"),
  }));
}
`,
  ],
};

function maskOf(token: string): Mask {
  const mask = Mask.of([{ text: Secret.of(token) }]);
  if (mask === undefined) throw new Error("The token is too short");
  return mask;
}

async function outputOf([command = "", ...args]: readonly string[]): Promise<string | undefined> {
  try {
    const child = new Deno.Command(command, { args, stdin: "piped", stdout: "piped", stderr: "piped" })
      .spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(JSON.stringify(TOKENS)));
    await writer.close();
    const { code, stdout, stderr } = await child.output();
    assertEquals(code, 0, new TextDecoder().decode(stderr));
    return new TextDecoder().decode(stdout);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

Deno.test("Mask masks what real encoders of several languages make of a token", async (test) => {
  for (const [language, program] of Object.entries(PROGRAMS)) {
    await test.step(language, async () => {
      const output = await outputOf(program);
      if (output === undefined) return console.log(`${program[0]} is not installed`);
      const lines = output.trimEnd().split("\n");
      assertEquals(lines.length, TOKENS.length);
      for (const [index, line] of lines.entries()) {
        const mask = maskOf(TOKENS[index]!);
        for (const [encoder, encoded] of Object.entries(JSON.parse(line) as Record<string, string>)) {
          const masked = mask.maskText(`{"x":"${encoded}"}`).slice(6, -2);
          // The last characters of what is encoded twice also carry bits of what followed the first result.
          const certain = encoder === "base64 of base64" ? encoded.length - 2 : encoded.length;
          assertEquals(masked.slice(0, certain), "*".repeat(certain), `${encoder}: ${encoded}`);
        }
      }
    });
  }
});
