import { type Html, html } from "./html.ts";

export const NOTHING = "–";

export function table(words: readonly string[], figures: readonly string[], rows: readonly Html[]): Html {
  return html`
    <div class="wide">
      <table>
        <thead>
          <tr>
            ${words.map((name) => html`<th>${name}</th>`)}
            ${figures.map((name) => html`<th class="number">${name}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>
  `;
}

export function numbers(values: readonly (string | number)[]): Html[] {
  return values.map((value) => html`<td class="number">${value}</td>`);
}
