import { assertEquals } from "@std/assert";
import { percentDecode, percentEncode, percentEncodeSegment } from "../../lib/http/percent.ts";

const ALL = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join("");

Deno.test("percentEncode() keeps unreserved characters only", () => {
  assertEquals(percentEncode("AZaz09-._~"), "AZaz09-._~");
  assertEquals(percentEncode("\u00e9\n\u20ac"), "%C3%A9%0A%E2%82%AC");
  assertEquals(percentEncode(ALL).replace(/%[0-9A-F]{2}/g, ""), ALL.replace(/[^\w.~-]/g, ""));
});

Deno.test("percentEncodeSegment() keeps what means nothing in a segment", () => {
  assertEquals(percentEncodeSegment(ALL).replace(/%[0-9A-F]{2}/g, ""), ALL.replace(/[^\w.~$&+:=@-]/g, ""));
  assertEquals(percentEncodeSegment("../a%2f?#"), "..%2Fa%252f%3F%23");
});

Deno.test("percentDecode() decodes once, byte by byte, and leaves what is no encoding", () => {
  assertEquals(percentDecode("%41%c3%A9%zz%2525%"), "A\u00c3\u00a9%zz%25%");
});
