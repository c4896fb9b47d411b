import { assertEquals } from "@std/assert";
import { hasDotLikeSegment } from "../../lib/http/dot_like_segment.ts";

Deno.test("hasDotLikeSegment() finds segments that some server takes for a dot-segment", () => {
  const paths = [
    ..."... a/.../b ..../b ..%20/admin ..%20 a/.%20/b %20../b ..%09/b ..%00/b .%20. %2e%20 a/..%c2%a0/b"
      .split(" "),
    ..."%ef%bc%8e%ef%bc%8e/admin a/%EF%BC%8E./b .%ef%bc%8e %e2%80%a5/b %e2%80%a6 %e2%80%a4%e2%80%a4/b %ef%b9%92."
      .split(" "),
    ..."%e3%80%82%e3%80%82/b %c0%ae%c0%ae/b %c0%ae. %e0%80%ae./b %u002e%u002e/b ..%e2%80%8b/b %252e%252e/b ..%2520/b"
      .split(
        " ",
      ),
    ..."..%ef%bc%8fadmin %ef%bc%8e%ef%bc%8e%ef%bc%8fadmin a%ef%bc%8f..%ef%bc%8fb ..%e2%88%95b ..%e2%81%84b a/%20/b"
      .split(
        " ",
      ),
  ];
  for (const path of paths) assertEquals(hasDotLikeSegment(path), true, path);
});

Deno.test("hasDotLikeSegment() passes every other segment", () => {
  const paths = [
    ..."a ..a a.. a/..b/c main...feature a...b/c .a. x%20y/..z %c3%a9 ..%c3%a9 1%c2%bd ..+ +/x %2B %zz/x %"
      .split(" "),
    ..."user/%e2%80%a6more a%ef%bc%8eb".split(" "),
    "",
  ];
  for (const path of paths) assertEquals(hasDotLikeSegment(path), false, path);
});
