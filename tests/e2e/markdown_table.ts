/** Formats a Markdown table, each column as wide as its widest cell. */
export function tableText(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [heads, heads.map(() => ""), ...rows];
  const widths = heads.map((_, column) => Math.max(...all.map((row) => (row[column] ?? "").length), 3));
  return all.map((row, index) => {
    const cells = widths.map((width, column) =>
      index === 1 ? "-".repeat(width) : (row[column] ?? "").padEnd(width)
    );
    return `| ${cells.join(" | ")} |`;
  }).join("\n");
}
