/**
 * Decides what a sandboxed command may see and change, and refuses what would put the keys, or the user's own programs, into its
 * hands. Whatever lies in a folder that the command may change may be the work of the last one.
 *
 * @module
 */

import { failAll, ok, type Problem, problem, type Result } from "../core/result.ts";
import { liesIn, outermost, SYSTEM, TOOLS, type View, visiblePaths } from "./bubblewrap.ts";
import { findGitFolders, type GitFolders } from "./git_folders.ts";
import { findProjectTable, type ProjectTable } from "./project_table.ts";
import { resolveOutside } from "./outside_path.ts";

/** What the user asks for, and what is to be kept from the command. */
export interface ViewRequest {
  /** The current folder. */
  readonly project: string;
  /** HOME. */
  readonly home: string | undefined;
  /** The PATH of the command. */
  readonly searchPath: string;
  /** The first word of the command. */
  readonly command: string;
  /** `--home`, `--read` and `--write`. */
  readonly keptHome: string | undefined;
  readonly read: readonly string[];
  readonly write: readonly string[];
  /** Where tokens and the table lie: not to be seen. */
  readonly secrets: readonly string[];
  /** What this program consists of: not to be changed. */
  readonly program: readonly string[];
  /** What the sandbox has of the proxy's. */
  readonly proxy: Pick<View, "socket" | "runtime" | "relay">;
}

/** A view, and the repository and the table in it. */
export interface ProjectView {
  readonly view: View;
  readonly git: GitFolders;
  readonly table: ProjectTable;
}

/** Returns what the command sees, or everything that speaks against it. */
export function viewFor(request: ViewRequest): Result<ProjectView> {
  const problems: Problem[] = [];
  const homeLink = (request.home ?? "").replace(/\/+$/, "");
  if (!homeLink.startsWith("/")) {
    problems.push(problem("HOME", "unset", "must name your home folder"));
  }
  const project = realPath(request.project);
  const existing = (option: string) => (path: string): string[] => {
    const whole = path.startsWith("/") ? path : `${project}/${path}`;
    try {
      const real = Deno.realPathSync(whole);
      if (
        liesIn(project, real) || resolveOutside(whole, [project]) !== undefined
      ) return [real];
      problems.push(
        problem(
          option,
          "conflict",
          `${path}: leads out of the project by a link in it`,
        ),
      );
    } catch {
      problems.push(
        problem(option, "not_found", `${path}: no such file or folder`),
      );
    }
    return [];
  };
  const read = request.read.flatMap(existing("--read"));
  const write = request.write.flatMap(existing("--write"));
  const [keptHome] = request.keptHome === undefined ? [] : existing("--home")(request.keptHome);
  if (problems.length > 0) return failAll(problems);

  const home = realPath(homeLink);
  const git = findGitFolders(project);
  const changeable = [
    ...[project, ...write],
    ...(keptHome === undefined ? [] : [keptHome]),
    ...(git.folder === undefined ? [] : [git.folder]),
  ];
  const folders = request.searchPath.split(":").filter((folder) => folder.startsWith("/"));
  const path = outermost([
    ...folders.flatMap(withPackages).flatMap((folder) => resolveOutside(folder, changeable) ?? []),
    ...toolFolder(request.command, folders, changeable),
  ]).filter((folder) => !liesIn(folder, home));
  const hidden = visiblePaths([...request.secrets, ...npmSettings(path)], {
    read,
    write,
    path,
    home,
  });
  const table = findProjectTable(project);
  const view: View = {
    ...{ project, home, homeLink, keptHome, path, read, write },
    pinned: [...git.pinned, ...table.pinned],
    guarded: [...git.guarded, ...table.guarded],
    hidden: hidden.filter((each) => !isFile(each)),
    hiddenFiles: [...hidden.filter(isFile), ...table.hidden],
    ...request.proxy,
  };
  const wrong = [
    ...checkChanged(view, git, [...request.secrets, ...request.program]),
    ...checkKeptHome(view),
  ];
  return wrong.length > 0 ? failAll(wrong) : ok({ view, git, table });
}

/** Returns a folder of PATH, and the one that npm's links in it lead to. */
function withPackages(folder: string): readonly string[] {
  const [, prefix] = /^(.*)\/bin\/*$/.exec(folder) ?? [];
  if (prefix !== undefined) return [folder, `${prefix}/lib/node_modules`];
  const [, packages] = /^(.*\/node_modules)\/\.bin\/*$/.exec(folder) ?? [];
  return packages === undefined ? [folder] : [packages];
}

/** Returns the folder of the program that a command is: with all packages, if npm has installed it. */
function toolFolder(
  command: string,
  folders: readonly string[],
  changeable: readonly string[],
): string[] {
  const candidates = command.includes("/") ? [command] : folders.map((folder) => `${folder}/${command}`);
  for (const candidate of candidates) {
    if (!isFile(candidate)) continue;
    const program = candidate.startsWith("/") ? resolveOutside(candidate, changeable) : undefined;
    // What lies in the project is seen already.
    if (program === undefined) return [];
    const packages = program.indexOf("/node_modules/");
    return [
      program.slice(
        0,
        packages < 0 ? program.lastIndexOf("/") : packages + "/node_modules".length,
      ),
    ];
  }
  return [];
}

/** Returns the settings of npm for all users of an installation, which may hold tokens: `PREFIX/etc/npmrc` (npmrc(5)). */
function npmSettings(path: readonly string[]): string[] {
  const folders = [...path, "/usr/bin", "/usr/local/bin"].filter((folder) => folder.endsWith("/bin"));
  return folders.map((folder) => `${folder.slice(0, -"/bin".length)}/etc/npmrc`)
    .filter(isFile).map(realPath);
}

/**
 * Checks that nothing the command may change holds tokens, or this program, which runs outside; nor the whole home, in which there
 * may be any of either; nor the programs of the system or of the home.
 */
function checkChanged(
  view: View,
  git: GitFolders,
  kept: readonly string[],
): readonly Problem[] {
  const { project, home, keptHome, write } = view;
  const programs = [...SYSTEM, ...TOOLS.map((name) => `${home}/${name}`)];
  const changed = [
    { path: project, name: "the current folder" },
    ...write.map((path) => ({ path, name: `--write ${path}` })),
    ...(keptHome === undefined ? [] : [{ path: keptHome, name: `--home ${keptHome}` }]),
    ...(git.isElsewhere && git.folder !== undefined
      ? [{ path: git.folder, name: "the worktree's repository" }]
      : []),
  ];
  return changed.flatMap(({ path, name }): Problem[] => {
    if (liesIn(path, home)) {
      const message = `is your home folder or above it (${path}), so the command could read every key there`;
      return [
        problem(name, "conflict", `${message}; use a folder of the project`),
      ];
    }
    const program = programs.find((each) => liesIn(path, each) && exists(each));
    if (program !== undefined) {
      const message = `holds ${program}, so the command could change programs that you run`;
      return [
        problem(name, "conflict", `${message}; use a folder of the project`),
      ];
    }
    return outermost(kept).filter((each) => liesIn(path, each) || liesIn(each, path)).map((each) => {
      const where = liesIn(path, each) ? "holds" : "lies in";
      const message = `${where} ${each}, which the command must not change`;
      return problem(
        name,
        "conflict",
        `${message}; use another folder, or move that elsewhere`,
      );
    });
  });
}

/** Checks that no link in a kept home, which the last command may have made, leads what is shown there to another place. */
function checkKeptHome(
  { home, keptHome, project, path, read, write }: View,
): readonly Problem[] {
  if (keptHome === undefined) return [];
  const shown = [
    project,
    ...path,
    ...read,
    ...write,
    ...TOOLS.map((name) => `${home}/${name}`),
  ]
    .filter((each) => liesIn(home, each) && exists(each));
  const links = shown.flatMap((each) => {
    const names = each.slice(home.length + 1).split("/");
    return names.map((_, index) => `${keptHome}/${names.slice(0, index + 1).join("/")}`).filter(isLink);
  });
  return [...new Set(links)].map((link) =>
    problem(
      `--home ${keptHome}`,
      "conflict",
      `has a link where the sandbox shows a folder; remove ${link}`,
    )
  );
}

function isLink(path: string): boolean {
  try {
    return Deno.lstatSync(path).isSymlink;
  } catch {
    return false;
  }
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

/** Resolves the links of a path; one that leads to nothing stays as it is. */
export function realPath(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch {
    return path;
  }
}
