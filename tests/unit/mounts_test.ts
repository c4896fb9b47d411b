import { assertEquals } from "@std/assert";
import { parseMounts, placeOf } from "../../lib/sandbox/mounts.ts";

const MOUNTS = parseMounts(`22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/a rw
30 22 0:5 / /dev rw - devtmpfs none rw
31 22 0:40 /@home /home rw - btrfs /dev/b rw
32 31 0:50 / /home/me/my\\040disk rw - ext4 /dev/c rw
34 31 0:61 /sub /home/me/stack rw - ext4 /dev/d rw
35 34 0:62 / /home/me/stack rw - ext4 /dev/e rw
36 22 8:1 /srv/data /data rw - ext4 /dev/a rw
`);

Deno.test("placeOf() finds the file system that a path lies in, and the place in it", () => {
  const cases: [path: string, place: string][] = [
    ["/", "8:1 /"],
    ["/etc/passwd", "8:1 /etc/passwd"],
    ["/dev", "0:5 /"],
    ["/devices", "8:1 /devices"],
    ["/home/me/project", "0:40 /@home/me/project"],
    ["/home/me/my disk/a\tb", "0:50 /a\\011b"],
    ["/home/me/my diskette", "0:40 /@home/me/my\\040diskette"],
    // The mount on top of another one is the one that counts.
    ["/home/me/stack/x", "0:62 /x"],
    ["/data/x", "8:1 /srv/data/x"],
  ];
  for (const [path, place] of cases) {
    assertEquals([path, placeOf(path, MOUNTS)], [path, place]);
  }
});

Deno.test("placeOf() follows a path as the kernel does, past mounts that another one hides", () => {
  const hiding = parseMounts(`1 0 8:1 / / rw - ext4 a rw
2 1 0:2 / /home/me rw - ext4 b rw
3 1 0:3 / /home rw - ext4 c rw
`);
  assertEquals(placeOf("/home/me/x", hiding), "0:3 /me/x");
});
