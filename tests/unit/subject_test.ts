import { assertEquals } from "@std/assert";
import { matchesSubject, parseSubject } from "../../lib/config/route/subject.ts";
import { valueOf } from "../support/result.ts";
import { fc, runs } from "../support/property.ts";

function matches(pattern: string, subject: string): boolean {
  return matchesSubject(valueOf(parseSubject(pattern, "subject")), subject);
}

Deno.test("a wildcard in a subject stands for a part of a name, and never for a separator", () => {
  const pod = "system:serviceaccount:agents:coder-1";
  for (
    const pattern of [
      pod,
      "system:serviceaccount:agents:*",
      "system:serviceaccount:*:coder-*",
      "*:*:agents:*1",
    ]
  ) {
    assertEquals(matches(pattern, pod), true, pattern);
  }
  for (
    const pattern of [
      "system:*",
      "system:serviceaccount:agents:coder",
      "*coder-1",
      "system:serviceaccount:agents:coder-1*",
    ]
  ) {
    assertEquals(matches(pattern, pod), false, pattern);
  }
  assertEquals(
    matches("spiffe://a/ns/*/sa/x", "spiffe://a/ns/b/c/sa/x"),
    false,
  );
});

Deno.test("matchesSubject() agrees with a regular expression", () => {
  const text = fc.string({
    unit: fc.constantFrom("a", "b", ":", "/"),
    maxLength: 12,
  });
  const pattern = fc.string({
    unit: fc.constantFrom("a", "b", ":", "*"),
    minLength: 1,
    maxLength: 8,
  });
  fc.assert(
    fc.property(pattern, text, (each, subject) => {
      if (each.includes("**") || !/[^*:/]/.test(each)) return;
      const expression = new RegExp(
        `^${each.split("*").map(RegExp.escape).join("[^:/]+")}$`,
      );
      assertEquals(
        matches(each, subject),
        expression.test(subject),
        `${each} ${subject}`,
      );
    }),
    runs(20_000),
  );
});
