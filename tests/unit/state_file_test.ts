import { assertEquals } from "@std/assert";
import { StateFile } from "../../lib/tokens/state_file.ts";

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
