import { assertEquals } from "@std/assert";
import { ReceivedFields } from "../../lib/proxy/received_fields.ts";

Deno.test("ReceivedFields has the fields that the runtime has, with the lines of one field joined", () => {
  const headers = new Headers([["Host", "a"], ["X-Empty", ""], ["accept", "b"], ["Accept", "c"], [
    "x",
    "\xe9",
  ]]);
  const fields = new ReceivedFields(headers);
  for (const name of ["host", "x-empty", "accept", "x", "absent"]) {
    assertEquals(fields.get(name), headers.get(name), name);
  }
  const seen: [string, string][] = [];
  fields.forEach((value, name) => seen.push([name, value]));
  assertEquals(seen, [...headers]);
});

Deno.test("a value that looks like a field's name is not taken for one", () => {
  const fields = new ReceivedFields(new Headers({ a: "host", b: "c" }));
  assertEquals([fields.get("host"), fields.get("c"), fields.get("b")], [null, null, "c"]);
});
