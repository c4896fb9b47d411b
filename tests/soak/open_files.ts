/** The states of a connection, as Linux numbers them from 1: `include/net/tcp_states.h`. */
const STATES = ["ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT"]
  .concat("CLOSE", "CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING");

/** Describes the open files of a process, by descriptor. */
export async function openFiles(pid: number): Promise<Map<string, string>> {
  const sockets = await socketsByInode();
  const files = new Map<string, string>();
  for await (const { name } of Deno.readDir(`/proc/${pid}/fd`)) {
    // It may have been closed in the meantime.
    const target = await Deno.readLink(`/proc/${pid}/fd/${name}`).catch(() => "closed");
    const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
    files.set(name, inode === undefined ? target : sockets.get(inode) ?? target);
  }
  return files;
}

/** Returns the descriptions of files that are open after and were not before. */
export function newlyOpened(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): string[] {
  const rest = [...before.values()];
  return [...after.values()].filter((what) => {
    const at = rest.indexOf(what);
    if (at >= 0) rest.splice(at, 1);
    return at < 0;
  });
}

/** Describes the IPv4 sockets by inode: proc_pid_net(5). */
async function socketsByInode(): Promise<Map<string, string>> {
  const lines = (await Deno.readTextFile("/proc/net/tcp")).trim().split("\n").slice(1);
  return new Map(lines.map((line) => {
    const [, local = "", remote = "", state = "", , , , , , inode = ""] = line.trim().split(/\s+/);
    const name = STATES[parseInt(state, 16) - 1] ?? state;
    return [inode, `port ${portOf(local)}, peer's ${portOf(remote)}, ${name}`];
  }));
}

function portOf(address: string): number {
  return parseInt(address.split(":")[1] ?? "", 16);
}
