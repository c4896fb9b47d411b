/**
 * What a sandboxed command sees, as arguments for bubblewrap (bwrap(1)): the system read-only, its project, a temporary home, and
 * nothing else. It has its own processes, network, devices and IPC.
 *
 * @module
 */

/** What the command may see. Every path is absolute and has no symbolic link in it, unless stated otherwise. */
export interface View {
  /** The folder that the command works in, which it may change. */
  readonly project: string;
  /** The user's home. What lies there is hidden, unless it is listed here. */
  readonly home: string;
  /** The path by which HOME names it, which may be a symbolic link. */
  readonly homeLink: string;
  /** A folder that takes the place of the home and keeps what is written there; undefined: it is empty, and lost at the end. */
  readonly keptHome: string | undefined;
  /** The folders of PATH, and the one that the command itself lies in. */
  readonly path: readonly string[];
  /** More paths to read. */
  readonly read: readonly string[];
  /** More paths to change. */
  readonly write: readonly string[];
  /** The folders of the project's repository that the command may change, but not replace. */
  readonly pinned: readonly string[];
  /** What the command may read but not change, though it lies in a folder that it may change. */
  readonly guarded: readonly string[];
  /** Folders to hide with what lies there: the route table's, for one. */
  readonly hidden: readonly string[];
  /** Files to hide. */
  readonly hiddenFiles: readonly string[];
  /** The proxy's socket, the runtime's executable, and the program of the relay. */
  readonly socket: string;
  readonly runtime: string;
  readonly relay: string;
}

/** Where the sandbox has what belongs to the proxy. */
export const INSIDE = {
  folder: "/run/cred-proxy",
  socket: "/run/cred-proxy/proxy.sock",
  runtime: "/run/cred-proxy/deno",
  relay: "/run/cred-proxy/relay.ts",
} as const;

/** The system: programs, libraries, and of its settings those that programs need and that hold no secret. */
export const SYSTEM: readonly string[] = [
  ...["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/opt", "/nix/store", "/gnu/store"],
  ...[
    "alternatives",
    "bash.bashrc",
    "bashrc",
    "ca-certificates",
    "chromium",
    "chromium.d",
    "ca-certificates.conf",
    "crypto-policies",
    "debian_version",
    "fonts",
    "group",
    "host.conf",
    "hosts",
    "inputrc",
    "java-11-openjdk",
    "java-17-openjdk",
    "java-21-openjdk",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "locale.alias",
    "locale.conf",
    "locale.gen",
    "localtime",
    "login.defs",
    "magic",
    "mime.types",
    "nsswitch.conf",
    "os-release",
    "passwd",
    "perl",
    "pki/ca-trust",
    "pki/tls/certs",
    "profile",
    "protocols",
    "python3",
    "redhat-release",
    "resolv.conf",
    "services",
    "shells",
    "ssl/cert.pem",
    "ssl/certs",
    "ssl/openssl.cnf",
    "terminfo",
    "timezone",
    "vim",
    "zsh",
  ].map((name) => `/etc/${name}`),
];

/** Folders of tools in a home. None of them holds credentials, unlike those above them (~/.cargo, ~/.local/share). */
export const TOOLS: readonly string[] = [
  ".asdf",
  ".bun/bin",
  ".cargo/bin",
  ".claude/local",
  ".deno/bin",
  ".fnm",
  ".local/bin",
  ".local/lib",
  ".local/share/claude",
  ".local/share/fnm",
  ".local/share/mise/installs",
  ".local/share/mise/shims",
  ".local/share/pipx",
  ".local/share/uv/python",
  ".local/share/uv/tools",
  ".npm-global/bin",
  ".npm-global/lib",
  ".nvm",
  ".opencode/bin",
  ".pyenv",
  ".rbenv",
  ".rustup",
  ".sdkman",
  ".volta",
  "go/bin",
];

/** Returns the arguments of bwrap before the command. */
export function bubblewrapArguments(view: View): string[] {
  const { project, home } = view;
  const readOnly = (paths: readonly string[]) => paths.flatMap((path) => ["--ro-bind-try", path, path]);
  const writable = (paths: readonly string[]) => paths.flatMap((path) => ["--bind", path, path]);
  return [
    ...["--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"],
    ...["--unshare-cgroup-try", "--hostname", "sandbox", "--die-with-parent", "--cap-drop", "ALL"],
    ...readOnly(SYSTEM),
    // Root could set what the kernel runs outside when a program crashes (/proc/sys/kernel/core_pattern), capabilities or not.
    ...["--proc", "/proc", "--remount-ro", "/proc"],
    ...["--dev", "/dev", "--tmpfs", "/tmp", "--tmpfs", "/var/tmp", "--tmpfs", "/run"],
    ...(view.keptHome === undefined ? ["--tmpfs", home] : ["--bind", view.keptHome, home]),
    ...(view.homeLink === home ? [] : ["--symlink", home, view.homeLink]),
    ...readOnly(TOOLS.map((name) => `${home}/${name}`)),
    ...readOnly(foldersOfPath(view)),
    ...readOnly(view.read),
    ...writable([project]),
    // A mount of its own can't be renamed, and then what is read-only in it can't be replaced.
    ...writable(view.pinned),
    ...readOnly(view.guarded),
    ...writable(view.write),
    ...view.hidden.flatMap((path) => ["--tmpfs", path, "--remount-ro", path]),
    ...view.hiddenFiles.flatMap((path) => ["--ro-bind", "/dev/null", path]),
    ...["--ro-bind", view.socket, INSIDE.socket],
    ...["--ro-bind", view.runtime, INSIDE.runtime],
    ...["--ro-bind", view.relay, INSIDE.relay],
    ...["--remount-ro", "/", "--chdir", project],
  ];
}

/** Returns the folders of PATH that do not belong to the system, and have a mount of their own. */
export function foldersOfPath({ path }: Pick<View, "path">): readonly string[] {
  return path.filter((each) => !SYSTEM.some((folder) => liesIn(folder, each)));
}

/** Returns the paths to hide, of those given: the ones that the command would see otherwise, without those below another. */
export function visiblePaths(
  paths: readonly string[],
  { path, read, write, home }: Pick<View, "path" | "read" | "write" | "home">,
): string[] {
  const seen = [...SYSTEM, ...TOOLS.map((name) => `${home}/${name}`), ...path, ...read, ...write];
  return outermost(paths.filter((each) => seen.some((folder) => liesIn(folder, each))));
}

/** Returns the paths that do not lie in another of them. */
export function outermost(paths: readonly string[]): string[] {
  return [...new Set(paths)].filter((path) => !paths.some((other) => other !== path && liesIn(other, path)));
}

/** Whether a path is a folder or lies in it. */
export function liesIn(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder.endsWith("/") ? folder : `${folder}/`);
}
