import { type Html, html } from "./html.ts";

/** Values over the last hour, one per minute, oldest first. */
export interface Series {
  readonly name: string;
  /** The class that the style sheet colours. */
  readonly tone: string;
  /** Undefined where there is no value. */
  readonly values: readonly (number | undefined)[];
}

/** How a chart is labelled. */
export interface ChartOptions {
  readonly title: string;
  /** Formats a value. */
  readonly format: (value: number) => string;
  /** Formats the position of a value: the time of its minute. */
  readonly label: (at: number) => string;
}

/** A chart's width in units of its own, which the style sheet stretches. */
export const WIDTH = 360;

/** A chart's height in units of its own. */
export const HEIGHT = 96;

/** What a chart draws in its frame. */
interface Drawing {
  readonly series: readonly Series[];
  /** The value at the top of the scale. */
  readonly top: number;
  /** SVG elements. */
  readonly content: readonly (Html | undefined)[];
}

/** Renders a chart's title, key and axes around its content. */
export function frame({ title, format }: ChartOptions, { series, top, content }: Drawing): Html {
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

/** Rounds a coordinate to two decimals, which keeps the page small. */
export function round(value: number): number {
  return Math.round(value * 100) / 100;
}
