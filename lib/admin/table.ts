import { type Html, html } from "./html.ts";

/** The content of a cell without a value. */
export const NOTHING = "–";

/** The titles of the text columns and of the numeric columns that follow them, and the rows. */
export interface TableContent {
  readonly text: readonly string[];
  readonly numbers: readonly string[];
  /** Complete `tr` elements. */
  readonly rows: readonly Html[];
}

/** Renders a table that scrolls horizontally if the screen is too narrow. */
export function table({ text, numbers, rows }: TableContent): Html {
  return html`
    <p class="hint">This table is wider than the window: it scrolls sideways.</p>
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
export function numberCells(values: readonly (string | number | Html)[]): Html[] {
  return values.map((value) => html`<td class="number">${value}</td>`);
}
