import { type Html, html } from "./html.ts";

/** Values over the last hour, one per minute, oldest first. */
export interface Series {
  readonly name: string;
  /** The CSS class. */
  readonly tone: string;
  /** The values; undefined for a minute without one. */
  readonly values: readonly (number | undefined)[];
}

/** The labels of a chart. */
export interface ChartOptions {
  readonly title: string;
  /** Formats a value. */
  readonly format: (value: number) => string;
  /** Formats the time of a value's minute, by the value's index. */
  readonly label: (at: number) => string;
  /** The time at which the chart begins, in words. */
  readonly since: string;
}

/** A chart's width in SVG user units, which the style sheet scales. */
export const WIDTH = 360;

/** A chart's height in SVG user units. */
export const HEIGHT = 96;

/** The content of a chart. */
interface Drawing {
  readonly series: readonly Series[];
  /** The value at the top of the scale. */
  readonly top: number;
  /** The SVG elements. */
  readonly content: readonly (Html | undefined)[];
}

/** Renders a chart: its title, legend, axes and content. */
export function frame({ title, format, since }: ChartOptions, { series, top, content }: Drawing): Html {
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
      <p class="scale"><span>${since}</span><span>now</span></p>
    </figure>
  `;
}

/** Rounds a coordinate to two decimals, which keeps the page small. */
export function round(value: number): number {
  return Math.round(value * 100) / 100;
}
