import { assertEquals, assertRejects } from "@std/assert";
import { checkStateFolder, StateFile } from "../../lib/tokens/state_file.ts";
import { withFolder } from "../support/with_folder.ts";

Deno.test("StateFile replaces its file in an order that a power failure can't break: content, name, folder", async () => {
  const folder = await Deno.makeTempDir();
  const { open, rename } = Deno;
  const steps: string[] = [];
  Object.assign(Deno, {
    async open(path: string, options?: Deno.OpenOptions) {
      const file = await open(path, options);
      const sync = file.sync.bind(file);
      file.sync = () => {
        steps.push(`sync ${path.slice(folder.length)}`);
        return sync();
      };
      return file;
    },
    rename(from: string, to: string) {
      steps.push(`rename ${from.slice(folder.length)} to ${to.slice(folder.length)}`);
      return rename(from, to);
    },
  });
  try {
    const file = new StateFile(folder, "login.json", (step) => steps.push(step));
    assertEquals(await file.read(), undefined);
    await file.write("{}");
    assertEquals(await file.read(), "{}");
  } finally {
    Object.assign(Deno, { open, rename });
    await Deno.remove(folder, { recursive: true });
  }
  assertEquals(steps, [
    "begun",
    "written",
    "sync /login.json.new",
    "synced",
    "rename /login.json.new to /login.json",
    "sync ",
    "renamed",
  ]);
});

Deno.test("StateFile writes on when a write takes only a part, and leaves nothing of a longer content before", async () => {
  await withFolder(async (folder) => {
    const file = new StateFile(folder, "login.json");
    await Deno.writeTextFile(
      `${folder}/login.json.new`,
      "what an earlier write left, which is longer than the next",
    );
    const { write } = Deno.FsFile.prototype;
    Deno.FsFile.prototype.write = function (bytes) {
      return write.call(this, bytes.subarray(0, 4));
    };
    try {
      await file.write("a longer content");
    } finally {
      Deno.FsFile.prototype.write = write;
    }
    assertEquals(await file.read(), "a longer content");
    await new StateFile(folder, "other.json").write("{}");
    const { mode } = await Deno.stat(`${folder}/other.json`);
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name).toSorted(), [
      "login.json",
      "other.json",
    ]);
    assertEquals((mode ?? 0) & 0o077, 0);
  });
});

Deno.test("StateFile reads no folder, and nothing that is too large to be its own", async () => {
  await withFolder(async (folder) => {
    const limit = 256 * 1024;
    await Deno.writeTextFile(`${folder}/most`, "x".repeat(limit));
    await Deno.writeTextFile(`${folder}/larger`, "x".repeat(limit + 1));
    await Deno.mkdir(`${folder}/folder`);
    assertEquals((await new StateFile(folder, "most").read())?.length, limit);
    for (const name of ["larger", "folder"]) {
      await assertRejects(() => new StateFile(folder, name).read(), Error, "is not a file of ours");
    }
    // Not taken for a file that is not there.
    await assertRejects(() => new StateFile(`${folder}/most`, "below").read(), Error);
  });
});

Deno.test("StateFile lets one use it at a time, and the next one after an error as well", async () => {
  await withFolder(async (folder) => {
    const steps: string[] = [];
    const first = Promise.withResolvers<void>();
    const use = (name: string, until: Promise<void>) =>
      new StateFile(folder, "login.json").exclusive(async () => {
        steps.push(`${name} begins`);
        await until;
        steps.push(`${name} ends`);
        return name;
      });
    const uses = [use("one", first.promise)];
    while (steps.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    uses.push(use("two", Promise.resolve()));
    await new Promise((resolve) => setTimeout(resolve, 20));
    assertEquals(steps, ["one begins"]);
    first.reject(new Error("It failed"));
    assertEquals((await Promise.allSettled(uses)).map(({ status }) => status), ["rejected", "fulfilled"]);
    assertEquals(steps, ["one begins", "two begins", "two ends"]);
  });
});

Deno.test("StateFile gives up after a minute if another holds the file all the time", async () => {
  await withFolder(async (folder) => {
    const file = () => new StateFile(folder, "login.json");
    const held = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const holding = file().exclusive(() => {
      begun.resolve();
      return held.promise;
    });
    // Not only the file, but the lock must be there.
    await begun.promise;
    const { now } = performance;
    let ahead = 0;
    performance.now = () => now.call(performance) + ahead;
    try {
      const waiting = file().exclusive(() => Promise.resolve());
      let isOver = false;
      waiting.catch(() => isOver = true);
      for (const milliseconds of [0, 59_000]) {
        ahead = milliseconds;
        await new Promise((resolve) => setTimeout(resolve, 120));
      }
      assertEquals(isOver, false);
      ahead = 60_001;
      await assertRejects(() => waiting, Error, "Another process holds the file");
    } finally {
      performance.now = now;
      held.resolve();
      await holding;
    }
  });
});

Deno.test("checkStateFolder() leaves nothing in a folder it can write to, and says why another can't be used", async () => {
  await withFolder(async (folder) => {
    assertEquals(await checkStateFolder(folder), []);
    assertEquals([...Deno.readDirSync(folder)], []);
    const problems = await checkStateFolder(`${folder}/none`);
    assertEquals(problems.map(({ path, code, message }) => ({ path, code, message })), [{
      path: "CRED_PROXY_STATE",
      code: "permission_denied",
      message:
        "must be a folder that the service can write to, got NotFound; create it for the service's user alone",
    }]);
  });
});
