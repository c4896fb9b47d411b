import type { GitFolders } from "./git_folders.ts";

/** What other programs read or run by themselves: git, direnv, package managers, editors, agents, and the launcher of this program. */
const READ_BY_OTHERS = [
  ...[".git", ".envrc", ".npmrc", ".yarnrc.yml", ".pnpmfile.cjs", ".mcp.json"].map((name) => `-name ${name}`),
  ...[".pre-commit-config.yaml", "lefthook.yml"].map((name) => `-name ${name}`),
  "-path ./.env",
  "-path ./conf/routes.json",
  ...[
    ".vscode/tasks.json",
    ".vscode/settings.json",
    ".devcontainer/*.json",
    ".claude/settings*.json",
    ".codex/config.toml",
    ".cursor/mcp.json",
    ".gemini/settings.json",
    ".husky/*",
    ".githooks/*",
    ".github/workflows/*",
  ].map((path) => `-path '*/${path}'`),
  "-name .devcontainer.json",
  // A program with the rights of its owner, for anyone who starts it.
  "-type f -perm -4000",
].join(" -o ");

/**
 * Lists those files of a project that have changed since a file was written, each with a NUL after it: `STAMP PROJECT [SKIP]`, with
 * SKIP for its repository, of which only a rebase that is going on is listed: it runs commands when it is continued. For five seconds
 * at most. (The time of the change is the kernel's, and can't be set.)
 */
export const LIST_CHANGED = `
cd -- "$2" || exit
limit=$(command -v timeout) && limit="$limit 5"
$limit find . -xdev \${3:+-path ./.git -prune -o} -cnewer "$1" \\( ${READ_BY_OTHERS} \\) -print0 2>/dev/null
[ -z "\${3-}" ] || find .git/rebase-merge/git-rebase-todo -cnewer "$1" -print0 2>/dev/null`;

/** How many names are shown. */
const MOST_NAMES = 12;

/** Describes what {@linkcode LIST_CHANGED} has printed; undefined if that is nothing. */
export function describeChanged(printed: string): string | undefined {
  const names = printed.split("\0").filter((name) => name !== "").map((name) => name.replace(/^\.\//, ""));
  if (names.length === 0) return undefined;
  const shown = names.slice(0, MOST_NAMES).join(", ");
  const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : "";
  return `new or changed, and read by other programs without asking: ${shown}${more}; ` +
    "look at them before you use the project outside of the sandbox";
}

/**
 * Returns the files with which a command would have had git take settings and hooks from elsewhere. In the folder of a repository
 * or a submodule there is never one (gitrepository-layout(5), `commondir`).
 */
export function plantedFiles({ pinned, guarded }: GitFolders): string[] {
  return pinned.map((folder) => `${folder}/commondir`).filter((path) => !guarded.includes(path));
}
