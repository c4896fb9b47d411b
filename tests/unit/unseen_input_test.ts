import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Holder, type MemoryUse, UnseenInput } from "../../lib/proxy/unseen_input.ts";

const MIB = 1024 * 1024;

/** How much is no growth yet. */
const USUAL: MemoryUse = { rss: 100 * MIB, heapTotal: 20 * MIB, external: 10 * MIB };

interface Watched {
  /** The memory that the process seems to use. */
  readonly use: { -readonly [Key in keyof MemoryUse]: MemoryUse[Key] };
  /** What was done, in order. */
  readonly done: string[];
  /** Resolves after some looks at the memory, once what they lead to is done. */
  looks(): Promise<void>;
  /** Returns one that may hold input; its end frees `held` bytes. */
  holder(name: string, held?: number, more?: Partial<Holder>): Holder;
}

/** Watches some holders while a test runs. */
async function watch(
  options: {
    holders: (watched: Watched) => readonly Holder[];
    heldIdle?: number;
    decoders?: number;
    onStuck?: () => void;
  },
  test: (watched: Watched) => Promise<void>,
): Promise<void> {
  const use = { ...USUAL };
  const done: string[] = [];
  const open = new Set<Holder>();
  let began = 0;
  let seen = 0;
  const looks = async () => {
    const before = seen;
    // The last thing that is done is a report.
    const isBusy = () => done.length > 0 && !done.at(-1)!.startsWith("the memory grew");
    for (const until = performance.now() + 250; performance.now() < until || seen < before + 5 || isBusy();) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const watched: Watched = {
    use,
    done,
    looks,
    holder: (name, held = 0, more = {}) => ({
      began: began++,
      lastMessage: -Infinity,
      unsent: 0,
      received: 0,
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
    decoders: () => options.decoders ?? 0,
    ...(options.onStuck && { onStuck: options.onStuck }),
    report: (line) => void done.push(line),
    memoryUse: () => (seen++, use),
  });
  try {
    await looks();
    assertEquals(done, []);
    await test(watched);
  } finally {
    input.close();
  }
}

Deno.test("UnseenInput ends the newest requests until the memory has shrunk, and no active WebSockets", async () => {
  const holders = ({ holder }: Watched) => [
    holder("oldest"),
    ...["d", "culprit", "c", "b"].map((name) => holder(name, name === "culprit" ? 140 * MIB : 0)),
    holder("active", 0, { lastMessage: Infinity }),
    holder("a"),
  ];
  await watch({ holders }, async ({ use, done, looks }) => {
    use.rss += 140 * MIB;
    await looks();
    // One in the first round, four in the next.
    assertEquals(done.slice(0, -1), ["a", "b", "c", "culprit", "d"]);
    assertMatch(done.at(-1)!, /^the memory grew by 147 MB, .* ended 5 request\(s\) in flight$/);
  });
});

Deno.test("UnseenInput ends no WebSocket that has completed a message since the memory was as usual", async () => {
  const active = { lastMessage: -Infinity };
  const holders = ({ holder }: Watched) => [
    Object.defineProperty(holder("active", 0, { isWebSocket: true }), "lastMessage", {
      get: () => active.lastMessage,
    }),
    holder("culprit", 140 * MIB),
  ];
  await watch({ holders }, async ({ use, done, looks }) => {
    use.rss += 140 * MIB;
    active.lastMessage = performance.now();
    await looks();
    assertEquals(done.slice(0, -1), ["culprit"]);
  });
});

Deno.test("UnseenInput ends all WebSockets that completed no message, and at first nothing else, when the memory grows at once", async () => {
  const held = [0, 70 * MIB, 0, 70 * MIB];
  const holders = ({ holder }: Watched) => [
    ...held.map((bytes, index) => holder(`socket ${index}`, bytes, { isWebSocket: true })),
    holder("active", 0, { isWebSocket: true, lastMessage: Infinity }),
    holder("stream"),
    holder("newest"),
  ];
  await watch({ holders }, async ({ use, done, looks }) => {
    use.rss += 140 * MIB;
    await looks();
    assertEquals(done.slice(0, -1), ["socket 3", "socket 2", "socket 1", "socket 0"]);
  });
});

Deno.test("UnseenInput takes the memory for a flood if it grows by more than 24 MiB from one look to the next", async () => {
  // What is usual grows as well, by 3 KiB with each look.
  const mostAtOnce = 24 * MIB + 2 * 3 * 1024;
  const killedAfter = async (growth: number) => {
    let killed: readonly string[] = [];
    const holders = ({ holder }: Watched) => [
      holder("socket", 140 * MIB, { isWebSocket: true }),
      holder("newest", 140 * MIB),
    ];
    await watch({ holders }, async ({ use, done, looks }) => {
      use.rss += 90 * MIB;
      await looks();
      assertEquals(done, []);
      use.rss += growth;
      await looks();
      killed = done.slice(0, -1);
    });
    return killed;
  };
  const killed = await Promise.all([mostAtOnce, mostAtOnce + 1].map(killedAfter));
  assertEquals(killed, [["newest"], ["socket"]]);
});

Deno.test("UnseenInput waits no longer for the memory to shrink if each turn of the event loop is long", async () => {
  const names = ["f", "e", "d", "c", "b", "a"];
  const holders = ({ holder }: Watched) => names.map((name) => holder(name));
  await watch({ holders }, async ({ use, done }) => {
    use.rss += 140 * MIB;
    let turns = 0;
    const timer = setInterval(() => {
      turns++;
      for (const until = performance.now() + 40; performance.now() < until;);
    }, 0);
    while (done.length < names.length) await new Promise((resolve) => setTimeout(resolve, 1));
    clearInterval(timer);
    // In three rounds, each of which may take some fifty milliseconds; ten pauses each would be over twenty turns.
    assert(turns < 12, `${turns} turns`);
  });
});

Deno.test("UnseenInput blames nobody for the heap, for buffers, and for what clients have not taken", async () => {
  const unsent = { unsent: 0 };
  const holders = ({ holder }: Watched) => [Object.assign(holder("reader"), unsent)];
  await watch({
    holders: (watched) =>
      holders(watched).map((each) => Object.defineProperty(each, "unsent", { get: () => unsent.unsent })),
  }, async ({ use, done, looks }) => {
    unsent.unsent = 200 * MIB;
    Object.assign(use, { rss: 700 * MIB, heapTotal: 220 * MIB, external: 210 * MIB });
    await looks();
    assertEquals(done, []);
  });
});

Deno.test("UnseenInput allows each request in flight what its connections take, also after its end", async () => {
  let requests: readonly Holder[] = [];
  const holders = ({ holder }: Watched) => requests = Array.from({ length: 1_000 }, () => holder("request"));
  await watch({ holders }, async ({ use, done, looks }) => {
    use.rss += 180 * MIB;
    await looks();
    assertEquals(done, []);
    for (const request of requests) request.kill();
    done.length = 0;
    await looks();
    assertEquals(done, []);
  });
});

Deno.test("UnseenInput allows decoders what they have taken", async () => {
  await watch(
    { holders: ({ holder }) => [holder("request")], decoders: 60 * MIB },
    async ({ use, done, looks }) => {
      use.rss += 140 * MIB;
      await looks();
      assertEquals(done, []);
    },
  );
});

Deno.test("UnseenInput closes idle connections if it was none of the requests", async () => {
  const holders = ({ holder }: Watched) => [holder("old"), holder("new")];
  await watch({ holders, heldIdle: 140 * MIB }, async ({ use, done, looks }) => {
    use.rss += 140 * MIB;
    await looks();
    assertEquals(done.slice(0, -1), ["new", "old", "idle"]);
    assertMatch(done.at(-1)!, /ended 2 request\(s\) in flight, and closed idle connections$/);
  });
});

Deno.test("UnseenInput does no more once nothing helped, until the memory grows again", async () => {
  await watch({ holders: () => [] }, async ({ use, done, looks }) => {
    use.rss += 140 * MIB;
    for (let time = 0; time < 4; time++) await looks();
    assertEquals(done.slice(0, -1), ["idle"]);
    use.rss += 140 * MIB;
    await looks();
    assertEquals(done.slice(2, -1), ["idle"]);
  });
});

Deno.test("UnseenInput closes idle connections before it ends a request whose connection would not end otherwise", async () => {
  const holders = ({ holder }: Watched) => [holder("old"), holder("HEAD", 140 * MIB, { needsClosing: true })];
  await watch({ holders }, async ({ use, done, looks }) => {
    use.rss += 140 * MIB;
    await looks();
    assertEquals(done.slice(0, -1), ["idle", "HEAD"]);
  });
});

Deno.test("UnseenInput closes idle connections once before it ends several requests of which one needs it", async () => {
  const holders = ({ holder }: Watched) => [
    holder("oldest"),
    holder("HEAD", 140 * MIB, { needsClosing: true }),
    holder("another HEAD", 0, { needsClosing: true }),
    holder("old"),
    holder("new"),
  ];
  await watch({ holders }, async ({ use, done, looks }) => {
    use.rss += 140 * MIB;
    await looks();
    assertEquals(done.slice(0, -1), ["new", "idle", "old", "another HEAD", "HEAD", "oldest"]);
    assertMatch(done.at(-1)!, /ended 5 request\(s\) in flight, and closed idle connections$/);
  });
});

Deno.test("UnseenInput looks again at what is left once closed connections have freed some of the memory", async () => {
  await watch({ holders: () => [], heldIdle: 150 * MIB }, async ({ use, done, looks }) => {
    use.rss += 280 * MIB;
    for (let times = 0; done.length < 4 && times < 20; times++) await looks();
    await looks();
    assertEquals(done.filter((each) => each === "idle").length, 2);
  });
});

Deno.test("UnseenInput does not end the requests of others for what the runtime reads ahead of WebSockets that send much", async () => {
  const received = { active: 0 };
  const active = ({ holder }: Watched) =>
    Object.defineProperties(holder("active"), {
      lastMessage: { get: () => performance.now() },
      received: { get: () => received.active },
    });
  const holders = (watched: Watched) => [
    ...Array.from({ length: 20 }, () => active(watched)),
    watched.holder("idle", 300 * MIB),
  ];
  await watch({ holders }, async ({ use, done, looks }) => {
    received.active = 1000 * MIB;
    use.rss = 400 * MIB;
    await looks();
    assertEquals(done, []);
    // They send no more, and some of the memory stays.
    received.active = 0;
    use.rss = 280 * MIB;
    await looks();
    assertEquals(done, []);
    use.rss = 390 * MIB;
    await looks();
    assertEquals(done[0], "idle");
  });
  const tooMuch: readonly [each: number, rss: number][] = [[1000 * MIB, 550 * MIB], [MIB, 230 * MIB]];
  for (const [each, rss] of tooMuch) {
    received.active = 0;
    await watch({ holders }, async ({ use, done, looks }) => {
      received.active = each;
      use.rss = rss;
      await looks();
      assertEquals(done[0], "idle");
    });
  }
  // Who sends much and stops, again and again, does not raise what is usual without end.
  received.active = 0;
  await watch({ holders }, async ({ use, done, looks }) => {
    for (let times = 1; times <= 2; times++) {
      received.active = 1000 * MIB;
      use.rss = (100 + 200 * times) * MIB;
      await looks();
      received.active = 0;
      if (times === 1) {
        await looks();
        assertEquals(done, []);
      }
    }
    await looks();
    assertEquals(done[0], "idle");
  });
});

Deno.test("UnseenInput reports memory that nothing frees, and only that", async () => {
  for (const [heldIdle, stuck] of [[0, 1], [140 * MIB, 0], [10 * MIB, 1], [20 * MIB, 0]] as const) {
    let count = 0;
    await watch({ holders: () => [], heldIdle, onStuck: () => void count++ }, async ({ use, looks }) => {
      use.rss += 140 * MIB;
      await looks();
      assertEquals(count, stuck, `${heldIdle}`);
    });
  }
});

Deno.test("UnseenInput looks no more once it is closed", async () => {
  let looks = 0;
  const input = new UnseenInput({
    holders: () => [],
    closeIdle() {},
    report() {},
    memoryUse: () => (looks++, USUAL),
  });
  while (looks === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  input.close();
  const before = looks;
  await new Promise((resolve) => setTimeout(resolve, 150));
  assertEquals(looks, before);
});
