import { assertEquals } from "@std/assert";
import { UnorderedSet } from "../../lib/core/unordered_set.ts";

function membersOf(count: number) {
  return Array.from({ length: count }, (_, name) => ({ name, index: -1 }));
}

Deno.test("UnorderedSet holds what was added and not deleted, in whatever order that happens", () => {
  for (const deleted of [[0, 1, 2], [2, 1, 0], [1, 0, 2], [0, 0, 2]]) {
    const set = new UnorderedSet<{ name: number; index: number }>();
    const members = membersOf(4);
    for (const member of members) set.add(member);
    for (const at of deleted) set.delete(members[at]!);
    const left = members.filter(({ name }) => !deleted.includes(name));
    assertEquals([...set].map(({ name }) => name).sort(), left.map(({ name }) => name));
    assertEquals(set.size, left.length);
    assertEquals(members.map(({ index }) => index < 0), members.map(({ name }) => deleted.includes(name)));
  }
});

Deno.test("UnorderedSet visits each member once, though others are deleted meanwhile", () => {
  const set = new UnorderedSet<{ name: number; index: number }>();
  for (const member of membersOf(5)) set.add(member);
  const seen: number[] = [];
  for (const member of set) {
    seen.push(member.name);
    set.delete(member);
  }
  assertEquals([seen, set.size], [[0, 1, 2, 3, 4], 0]);
});
