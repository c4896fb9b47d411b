import { assertEquals } from "@std/assert";
import { html } from "../../lib/admin/html.ts";

Deno.test("html`` escapes everything that is not already HTML", () => {
  const inner = html`<b>${"<&>\"'"}</b>`;
  assertEquals(String(inner), "<b>&#60;&#38;&#62;&#34;&#39;</b>");
  assertEquals(String(html`${inner}|${[1, undefined, "<"]}`), `${inner}|1&#60;`);
});
