import { type Html, html } from "./html.ts";

/** One row of values over the same span of time. */
export interface Series {
  readonly name: string;
  /** The class that the style sheet gives a colour. */
  readonly tone: string;
  /** Undefined: there is nothing to tell. */
  readonly values: readonly (number | undefined)[];
}

export const WIDTH = 360;
export const HEIGHT = 96;

/** What a plot needs beside its values. */
export interface ChartOptions {
  readonly title: string;
  /** How a value is written. */
  readonly format: (value: number) => string;
  /** What the value at this place is about: a minute. */
  readonly label: (at: number) => string;
}

export function frame(
  series: readonly Series[],
  { title, format }: ChartOptions,
  top: number,
  content: readonly (Html | undefined)[],
): Html {
  const keys = series.map(({ name, tone }) =>
    html`
      <span class="key ${tone}">${name}</span>
    `
  );
  return html`
    <figure>
      <figcaption><b>${title}</b> ${keys}</figcaption>
      <p class="scale">${format(top)}</p>
      <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}" preserveAspectRatio="none">
        <path class="axis" d="M0 0H${WIDTH}M0 ${HEIGHT}H${WIDTH}"/>${content}
      </svg>
      <p class="scale"><span>an hour ago</span><span>now</span></p>
    </figure>
  `;
}

export function round(value: number): number {
  return Math.round(value * 100) / 100;
}
