import { assertEquals, assertMatch } from "@std/assert";
import { type Holder, type MemoryUse, UnseenInput } from "../../lib/proxy/unseen_input.ts";

const MIB = 1024 * 1024;

/** How much is no growth yet. */
const USUAL: MemoryUse = { rss: 100 * MIB, heapTotal: 20 * MIB, external: 10 * MIB };

interface Watched {
  /** The memory that the process seems to use. */
  readonly use: { -readonly [Key in keyof MemoryUse]: MemoryUse[Key] };
  /** What was done, in order. */
  readonly done: string[];
  /** Returns one that may hold input; its end frees `held` bytes. */
  holder(name: string, held?: number, more?: Partial<Holder>): Holder;
}

/** Watches some holders while a test runs. */
async function watch(
  options: { holders: (watched: Watched) => readonly Holder[]; heldIdle?: number },
  test: (watched: Watched) => Promise<void>,
): Promise<void> {
  const use = { ...USUAL };
  const done: string[] = [];
  const open = new Set<Holder>();
  let began = 0;
  const watched: Watched = {
    use,
    done,
    holder: (name, held = 0, more = {}) => ({
      began: began++,
      lastMessage: -Infinity,
      unsent: 0,
      ...more,
      kill() {
        done.push(name);
        use.rss -= held;
        open.delete(this);
      },
    }),
  };
  for (const holder of options.holders(watched)) open.add(holder);
  const input = new UnseenInput({
    holders: () => open,
    closeIdle() {
      done.push("idle");
      use.rss -= options.heldIdle ?? 0;
    },
    report: (line) => void done.push(line),
    memoryUse: () => use,
  });
  try {
    await looks();
    assertEquals(done, []);
    await test(watched);
  } finally {
    input.close();
  }
}

/** Resolves after some looks at the memory. */
function looks(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 250));
}

Deno.test("UnseenInput ends the newest requests until the memory has shrunk, and no active WebSockets", async () => {
  const holders = ({ holder }: Watched) => [
    holder("oldest"),
    ...["d", "culprit", "c", "b"].map((name) => holder(name, name === "culprit" ? 140 * MIB : 0)),
    holder("active", 0, { lastMessage: Infinity }),
    holder("a"),
  ];
  await watch({ holders }, async ({ use, done }) => {
    use.rss += 140 * MIB;
    await looks();
    // One in the first round, four in the next.
    assertEquals(done.slice(0, -1), ["a", "b", "c", "culprit", "d"]);
    assertMatch(done.at(-1)!, /^the memory grew by 147 MB, .* ended 5 request\(s\) in flight$/);
  });
});

Deno.test("UnseenInput blames nobody for the heap, for buffers, and for what clients have not taken", async () => {
  const unsent = { unsent: 0 };
  const holders = ({ holder }: Watched) => [Object.assign(holder("reader"), unsent)];
  await watch({
    holders: (watched) =>
      holders(watched).map((each) => Object.defineProperty(each, "unsent", { get: () => unsent.unsent })),
  }, async ({ use, done }) => {
    unsent.unsent = 200 * MIB;
    Object.assign(use, { rss: 700 * MIB, heapTotal: 220 * MIB, external: 210 * MIB });
    await looks();
    assertEquals(done, []);
  });
});

Deno.test("UnseenInput allows each request in flight what its connections take, also after its end", async () => {
  let requests: readonly Holder[] = [];
  const holders = ({ holder }: Watched) => requests = Array.from({ length: 1_000 }, () => holder("request"));
  await watch({ holders }, async ({ use, done }) => {
    use.rss += 180 * MIB;
    await looks();
    assertEquals(done, []);
    for (const request of requests) request.kill();
    done.length = 0;
    await looks();
    assertEquals(done, []);
  });
});

Deno.test("UnseenInput closes idle connections if it was none of the requests", async () => {
  const holders = ({ holder }: Watched) => [holder("old"), holder("new")];
  await watch({ holders, heldIdle: 140 * MIB }, async ({ use, done }) => {
    use.rss += 140 * MIB;
    await looks();
    assertEquals(done.slice(0, -1), ["new", "old", "idle"]);
    assertMatch(done.at(-1)!, /ended 2 request\(s\) in flight, and closed idle connections$/);
  });
});

Deno.test("UnseenInput does no more once nothing helped, until the memory grows again", async () => {
  await watch({ holders: () => [] }, async ({ use, done }) => {
    use.rss += 140 * MIB;
    for (let time = 0; time < 4; time++) await looks();
    assertEquals(done.slice(0, -1), ["idle"]);
    use.rss += 140 * MIB;
    await looks();
    assertEquals(done.slice(2), ["idle"]);
  });
});

Deno.test("UnseenInput closes idle connections before it ends a request whose connection would not end otherwise", async () => {
  const holders = ({ holder }: Watched) => [holder("old"), holder("HEAD", 140 * MIB, { needsClosing: true })];
  await watch({ holders }, async ({ use, done }) => {
    use.rss += 140 * MIB;
    await looks();
    assertEquals(done.slice(0, -1), ["idle", "HEAD"]);
  });
});
