/**
 * What is mounted where, from /proc/self/mountinfo (proc_pid_mountinfo(5)).
 *
 * bubblewrap takes paths, and resolves their links once more when it mounts. A command of another session in the same project may
 * have put a link there since they were checked, and the sandbox would show what that leads to. So the sandbox compares what has
 * been mounted before it starts the command.
 *
 * @module
 */

import { foldersOfPath, type View } from "./bubblewrap.ts";

/** A mount. Its paths are escaped as the kernel does. */
export interface Mount {
  readonly id: string;
  readonly parent: string;
  /** The device of the file system: `MAJOR:MINOR`. */
  readonly device: string;
  /** Which file or folder of the file system it shows. */
  readonly root: string;
  /** Where it is mounted. */
  readonly point: string;
}

/** Parses /proc/self/mountinfo. */
export function parseMounts(text: string): readonly Mount[] {
  return text.split("\n").flatMap((line) => {
    const [id, parent, device, root, point] = line.split(" ");
    return id === undefined || parent === undefined || device === undefined || root === undefined ||
        point === undefined
      ? []
      : [{ id, parent, device, root, point }];
  });
}

/** Returns the device and the place in its file system of an absolute path without links: `DEVICE ROOT`, both as in {@linkcode Mount}. */
export function placeOf(path: string, mounts: readonly Mount[]): string | undefined {
  const escaped = escapePath(path);
  const ids = new Set(mounts.map(({ id }) => id));
  let mount = mounts.find(({ id, parent, point }) => point === "/" && (parent === id || !ids.has(parent)));
  // As the kernel walks a path: whatever is mounted on the way hides what lay there, other mounts included.
  for (let next = mount; next !== undefined;) {
    mount = next;
    const { id } = mount;
    next = mounts.filter((each) => each.parent === id && each.id !== id && isOnTheWay(each.point, escaped))
      .toSorted((one, other) => one.point.length - other.point.length)[0];
  }
  if (mount === undefined) return undefined;
  const rest = mount.point === "/" ? escaped : escaped.slice(mount.point.length);
  const root = mount.root === "/" ? rest || "/" : `${mount.root}${rest === "/" ? "" : rest}`;
  return `${mount.device} ${root}`;
}

function isOnTheWay(point: string, path: string): boolean {
  return point === "/" || path === point || path.startsWith(`${point}/`);
}

/** Escapes a path as the kernel does in mountinfo. */
function escapePath(path: string): string {
  return path.replaceAll(
    /[ \t\n\\]/g,
    (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, "0")}`,
  );
}

/**
 * Returns what has to be mounted where in the sandbox, a line for each mount: `DEVICE ROOT POINT`, or `- - POINT` for something
 * that hides what lies there.
 */
export function expectedMounts(view: View, mounts: readonly Mount[]): readonly string[] {
  const bound = [
    ...[view.project, ...foldersOfPath(view), ...view.read, ...view.write],
    ...[...view.pinned, ...view.guarded],
  ];
  const shown = [
    ...bound.map((path) => ({ path, point: path })),
    ...(view.keptHome === undefined ? [] : [{ path: view.keptHome, point: view.home }]),
  ];
  const hidden = [...view.hidden, ...view.hiddenFiles];
  return [
    ...shown.filter(({ point }) => !hidden.includes(point)).map(({ path, point }) =>
      `${placeOf(path, mounts) ?? "? ?"} ${escapePath(point)}`
    ),
    ...hidden.map((path) => `- - ${escapePath(path)}`),
  ];
}
