import { type Html, html } from "./html.ts";

/** Stands in a cell for a value that does not exist. */
export const NOTHING = "–";

/** Column titles, text columns before numeric ones, and the rows below them. */
export interface TableContent {
  readonly text: readonly string[];
  readonly numbers: readonly string[];
  /** Complete `tr` elements. */
  readonly rows: readonly Html[];
}

/** Renders a table that scrolls inside its own frame where the screen is too narrow. */
export function table({ text, numbers, rows }: TableContent): Html {
  return html`
    <div class="wide">
      <table>
        <thead>
          <tr>
            ${text.map((title) => html`<th>${title}</th>`)}
            ${numbers.map((title) => html`<th class="number">${title}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>
  `;
}

/** Renders right-aligned cells. */
export function numberCells(values: readonly (string | number)[]): Html[] {
  return values.map((value) => html`<td class="number">${value}</td>`);
}
