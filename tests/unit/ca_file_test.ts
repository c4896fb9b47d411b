import { assertEquals } from "@std/assert";
import { parsePem } from "../../lib/config/settings/ca_file.ts";
import { problemsOf } from "../../lib/core/result.ts";
import { codesOf, valueOf } from "../support/result.ts";

const BEGIN = "-----BEGIN CERTIFICATE-----";
const END = "-----END CERTIFICATE-----";

/** Returns a block around a DER SEQUENCE of this many zero bytes, which `parsePem` accepts as a certificate. */
function block(length: number): string {
  const size = length < 128 ? [length] : [0x82, length >> 8, length & 0xff];
  const base64 = btoa(String.fromCharCode(0x30, ...size, ...Array(length).fill(0)));
  return `${BEGIN}\n${base64.replace(/.{64}/g, "$&\n")}\n${END}\n`;
}

function codes(text: string): readonly string[] {
  return codesOf(parsePem(text, "ca"));
}

Deno.test("parsePem() returns the certificates without the text between them", () => {
  const text = `subject=/CN=a\r\n${block(20).replaceAll("\n", "\r\n")}\nissuer=b\n${block(300)}`;
  const pem = valueOf(parsePem(text, "ca"));
  assertEquals(pem.replaceAll("\r\n", "\n").trim(), `${block(20)}${block(300)}`.trim());
});

Deno.test("parsePem() rejects a file that is no PEM", () => {
  for (
    const text of [
      "",
      "hello",
      "\u0000\u0001",
      BEGIN.slice(1),
      block(9).replaceAll("CERTIFICATE", "X509 CRL"),
    ]
  ) {
    assertEquals(codes(text), ["ca: no_certificate"]);
  }
});

Deno.test("parsePem() rejects a private key next to the certificates", () => {
  for (const kind of ["PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY"]) {
    const key = block(40).replaceAll("CERTIFICATE", kind);
    assertEquals(codes(block(40) + key), ["ca: private_key"]);
  }
});

Deno.test("parsePem() rejects blocks that do not pair", () => {
  for (
    const text of [block(9) + BEGIN, block(9) + END, BEGIN + block(9), END + BEGIN, block(9).replace(END, "")]
  ) {
    assertEquals(codes(text), ["ca: invalid_certificate"]);
  }
});

Deno.test("parsePem() rejects content that is not one DER sequence of exactly its length", () => {
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
    const [problem] = problemsOf(parsePem(`${block(9)}${BEGIN}\n${base64}\n${END}\n`, "ca"));
    assertEquals([problem?.code, problem?.message.endsWith("number 2")], ["invalid_certificate", true]);
  }
});
