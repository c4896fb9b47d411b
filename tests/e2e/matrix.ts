/**
 * The table of docs/CLIENTS.md, which a run writes.
 *
 * @module
 */

import { CLIENT_CASES } from "./cases/all.ts";
import type { ClientCase } from "./client_case.ts";
import type { ClientOutcome } from "./judge.ts";
import { tableText } from "./markdown_table.ts";

/** What became of one client. */
export interface MatrixRow {
  readonly client: ClientCase;
  /** Undefined if it is not installed. */
  readonly version?: string;
  readonly outcome: ClientOutcome;
}

/** The table's head. */
export const MATRIX_HEADS: readonly string[] = ["client", "version", "what it did", "lines", "outcome"];

/** What the table says of a client that needs nothing but the printed lines. */
const AS_PRINTED = "as printed";
const WORKS = "works";
const OPEN_ONLY = "only without a client token";

/** Returns a row's cells. */
export function rowCells({ client, version, outcome }: MatrixRow): readonly string[] {
  const { name, description, besides } = client;
  return [
    name,
    version ?? "-",
    description,
    besides === undefined ? AS_PRINTED : `and ${besides}`,
    outcomeText(outcome),
  ].map((cell) => cell.replaceAll("|", "\\|"));
}

function outcomeText(outcome: ClientOutcome): string {
  switch (outcome.kind) {
    case "works":
      return WORKS;
    case "missing":
      return "not installed";
    case "failed":
      return "FAILED";
    case "limit":
      return `${outcome.open ? OPEN_ONLY : "no"}: ${outcome.text}`;
  }
}

const BEGIN = "<!-- begin: written by `task e2e write` -->\n\n";
const END = "\n\n<!-- end -->";

/**
 * Returns the document with the rows in its table, which keeps the rows of clients that were not run or are not installed,
 * and drops those of clients that are no longer tried.
 */
export function withMatrix(document: string, rows: readonly MatrixRow[]): string {
  const begin = document.indexOf(BEGIN) + BEGIN.length;
  const end = document.indexOf(END);
  if (begin < BEGIN.length || end < begin) throw new Error("The document has no place for the table");
  const lines = document.slice(begin, end).split("\n").filter((line) => line.startsWith("|"));
  const cells = new Map(lines.slice(2).map(cellsOf).map((each) => [each[0], each]));
  for (const row of rows.filter(({ outcome }) => outcome.kind !== "missing")) {
    cells.set(row.client.name, rowCells(row));
  }
  const all = CLIENT_CASES.map(({ name }) => cells.get(name)).filter((each) => each !== undefined);
  return `${document.slice(0, begin)}${summary(all)}\n\n${tableText(MATRIX_HEADS, all)}${
    document.slice(end)
  }`;
}

function cellsOf(line: string): readonly string[] {
  return line.split(/(?<!\\)\|/).slice(1, -1).map((cell) => cell.trim());
}

/** Returns a sentence with the number of clients by outcome. */
function summary(rows: readonly (readonly string[])[]): string {
  const count = (test: (lines: string, outcome: string) => boolean) =>
    rows.filter(([, , , lines = "", outcome = ""]) => test(lines, outcome)).length;
  return [
    `Of ${rows.length} clients,`,
    `${
      count((lines, outcome) => outcome === WORKS && lines === AS_PRINTED)
    } work with the printed lines alone,`,
    `${
      count((lines, outcome) => outcome === WORKS && lines !== AS_PRINTED)
    } with those and what the table names,`,
    `${count((_, outcome) => outcome.startsWith(OPEN_ONLY))} only without a client token,`,
    `and ${count((_, outcome) => outcome.startsWith("no: "))} not at all.`,
  ].join("\n");
}
