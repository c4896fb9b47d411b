import { assert, assertEquals } from "@std/assert";
import { parsePem } from "../../lib/config/settings/ca_file.ts";
import { linesOf, valueOf } from "../support/result.ts";

const BEGIN = "-----BEGIN CERTIFICATE-----";
const END = "-----END CERTIFICATE-----";

/** A block round a DER SEQUENCE of this many zero bytes: whole as far as `judgePem` looks. */
function block(length: number): string {
  const size = length < 128 ? [length] : [0x82, length >> 8, length & 0xff];
  const base64 = btoa(String.fromCharCode(0x30, ...size, ...Array(length).fill(0)));
  return `${BEGIN}\n${base64.replace(/.{64}/g, "$&\n")}\n${END}\n`;
}

function fault(text: string): string {
  const [line = "", ...others] = linesOf(parsePem(text));
  assertEquals(others, []);
  assert(line.startsWith("CRED_PROXY_CA_FILE: "), line);
  return line.replace("CRED_PROXY_CA_FILE: ", "");
}

Deno.test("parsePem() takes certificates and leaves what stands between them", () => {
  const text = `subject=/CN=a\r\n${block(20).replaceAll("\n", "\r\n")}\nissuer=b\n${block(300)}`;
  const pem = valueOf(parsePem(text));
  assertEquals(pem.replaceAll("\r\n", "\n").trim(), `${block(20)}${block(300)}`.trim());
});

Deno.test("parsePem() refuses a file that is no PEM", () => {
  for (
    const text of [
      "",
      "hello",
      "\u0000\u0001",
      BEGIN.slice(1),
      block(9).replaceAll("CERTIFICATE", "X509 CRL"),
    ]
  ) {
    assertEquals(fault(text), `holds no ${BEGIN}: it is no PEM file of certificates`);
  }
});

Deno.test("parsePem() refuses a private key beside the certificates", () => {
  for (const kind of ["PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY"]) {
    const key = block(40).replaceAll("CERTIFICATE", kind);
    assertEquals(fault(block(40) + key), "holds a private key, which does not belong there");
  }
});

Deno.test("parsePem() refuses blocks that do not pair", () => {
  for (
    const text of [block(9) + BEGIN, block(9) + END, BEGIN + block(9), END + BEGIN, block(9).replace(END, "")]
  ) {
    assertEquals(fault(text), "holds a certificate that is not whole: its BEGIN and END lines do not pair");
  }
});

Deno.test("parsePem() refuses content that is not one DER sequence of just its length", () => {
  const bad = [
    "",
    "!!!!",
    btoa("\x30"),
    btoa("\x31\x00"),
    btoa("\x30\x80\x00\x00"),
    btoa("\x30\x02\x00"),
    btoa("\x30\x01\x00\x00"),
    btoa("\x30\x82\x01"),
    btoa(`\x30\x81\x80${"\0".repeat(129)}`),
    btoa("\x30\x85\x00\x00\x00\x00\x00"),
  ];
  for (const base64 of bad) {
    assertEquals(
      fault(`${block(9)}${BEGIN}\n${base64}\n${END}\n`),
      "holds a certificate that is damaged: number 2",
    );
  }
});
