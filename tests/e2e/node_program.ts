import { followedBy } from "./client_case.ts";

/** Returns a script of the lines, followed by a program for Node, where the packages are installed. */
export function nodeProgram(code: string): (lines: string) => string {
  // A program without a file resolves packages from its working folder.
  return followedBy(`cd "$CLIENTS"\nnode --input-type=module - <<'END'\n${code.trim()}\nEND`);
}
