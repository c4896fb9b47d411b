/**
 * What of a git repository a sandboxed command must not change: git runs it, or takes from it what to run, once the user works
 * in the project outside of the sandbox. Links are not followed, since the last command may have made them.
 *
 * @module
 */

import { kindOf } from "./kind_of.ts";

/** The folders of a project's repository. */
export interface GitFolders {
  /** The folder with the objects; undefined: the project is not the top of a repository. */
  readonly folder: string | undefined;
  /** Whether it lies elsewhere, as that of a worktree does. */
  readonly isElsewhere: boolean;
  /** Folders that the command may change, but not replace: each is above something that is guarded, parents first. */
  readonly pinned: readonly string[];
  /** Hooks and settings, which the command may not change. */
  readonly guarded: readonly string[];
  /** What can't be guarded, since it is a link; relative to the folder. */
  readonly links: readonly string[];
}

const NONE: GitFolders = {
  folder: undefined,
  isElsewhere: false,
  pinned: [],
  guarded: [],
  links: [],
};

/** In the folder of a repository or a submodule (gitrepository-layout(5)). */
const GUARDED = ["config", "config.worktree", "hooks", "commondir"];

/** In `worktrees/NAME`: where the worktree is, and where its settings are. */
const GUARDED_OF_WORKTREE = ["commondir", "gitdir", "config.worktree"];

/** Finds what to guard in the repository that a project is the top of. */
export function findGitFolders(project: string): GitFolders {
  const own = `${project}/.git`;
  const kind = kindOf(own);
  if (kind === undefined) return NONE;
  if (kind === "link") return { ...NONE, links: [".git"] };
  const folder = kind === "folder" ? own : folderOfWorktree(own);
  // The file says where the settings are.
  if (folder === undefined) return { ...NONE, guarded: [own] };
  const found = {
    pinned: [folder],
    guarded: kind === "file" ? [own] : [],
    links: [] as string[],
  };
  const guard = (parent: string, names: readonly string[]) => {
    for (const name of names) {
      const path = `${parent}/${name}`;
      const kind = kindOf(path);
      if (kind === "link") found.links.push(path.slice(folder.length + 1));
      else if (kind !== undefined) found.guarded.push(path);
    }
  };
  const guardModules = (parent: string) => {
    for (const path of foldersIn(parent)) {
      found.pinned.push(path);
      if (kindOf(`${path}/HEAD`) === undefined) {
        // A part of a name such as `vendor/library`.
        guardModules(path);
        continue;
      }
      guard(path, GUARDED);
      guardAll(`${path}/modules`, guardModules);
    }
  };
  const guardAll = (path: string, each: (path: string) => void) => {
    if (kindOf(path) !== "folder") return;
    found.pinned.push(path);
    each(path);
  };
  guard(folder, GUARDED);
  guardAll(`${folder}/modules`, guardModules);
  guardAll(`${folder}/worktrees`, (worktrees) => {
    for (const path of foldersIn(worktrees)) {
      found.pinned.push(path);
      guard(path, GUARDED_OF_WORKTREE);
    }
  });
  return { folder, isElsewhere: folder !== own, ...found };
}

/**
 * Returns the repository's folder of a worktree, which a file `.git` names. The file is the command's to change, so it counts
 * only if the repository names this worktree too (gitrepository-layout(5), `worktrees/<id>/gitdir`).
 */
function folderOfWorktree(file: string): string | undefined {
  try {
    const [, target] = /^gitdir: (.+)\n?$/.exec(Deno.readTextFileSync(file)) ??
      [];
    if (target === undefined) return undefined;
    const project = file.slice(0, file.lastIndexOf("/"));
    const worktree = Deno.realPathSync(
      target.startsWith("/") ? target : `${project}/${target}`,
    );
    const [, folder] = /^(.+)\/worktrees\/[^/]+$/.exec(worktree) ?? [];
    const named = Deno.readTextFileSync(`${worktree}/gitdir`).trimEnd();
    const back = named.startsWith("/") ? named : `${worktree}/${named}`;
    return folder !== undefined && kindOf(back) === "file" &&
        Deno.realPathSync(back) === file
      ? folder
      : undefined;
  } catch {
    return undefined;
  }
}

function foldersIn(path: string): string[] {
  return [...Deno.readDirSync(path)].filter(({ isDirectory }) => isDirectory)
    .map(({ name }) => `${path}/${name}`);
}
