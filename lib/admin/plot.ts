import { type Html, html } from "./html.ts";

/** One row of values over the same span of time. */
export interface Series {
  readonly name: string;
  /** The class that the style sheet gives a colour. */
  readonly tone: string;
  /** Undefined: there is nothing to tell. */
  readonly values: readonly (number | undefined)[];
}

const WIDTH = 360;
const HEIGHT = 96;

/** What a plot needs beside its values. */
export interface PlotOptions {
  readonly title: string;
  /** How a value is written. */
  readonly unit: (value: number) => string;
  /** What the value at this place is about: a minute. */
  readonly moment: (at: number) => string;
}

/** Values stacked on each other, a bar a place. */
export function bars(series: readonly Series[], options: PlotOptions): Html {
  const length = series[0]?.values.length ?? 0;
  const sums = Array.from(
    { length },
    (_, at) => series.reduce((sum, { values }) => sum + (values[at] ?? 0), 0),
  );
  const top = Math.max(1, ...sums);
  const step = WIDTH / length;
  const columns = sums.map((sum, at) => {
    if (sum === 0) return undefined;
    let y = HEIGHT;
    const told: string[] = [];
    const parts = series.map(({ name, tone, values }) => {
      const value = values[at] ?? 0;
      if (value === 0) return undefined;
      told.push(`${options.unit(value)} ${name}`);
      // Even one among a thousand is to be seen.
      const height = Math.max(1.5, (value / top) * HEIGHT);
      y -= height;
      return html`
        <rect class="${tone}" x="${round(at * step + 0.5)}" y="${round(y)}" width="${round(
          step - 1,
        )}" height="${round(height)}" />
      `;
    });
    return html`<g><title>${options.moment(at)}: ${told.join(", ")}</title>${parts}</g>`;
  });
  return frame(series, options, top, columns);
}

/** A line for each series; it breaks where there is nothing to tell. */
export function lines(series: readonly Series[], options: PlotOptions): Html {
  const all = series.flatMap(({ values }) => values.filter((value) => value !== undefined));
  const top = Math.max(0.001, ...all);
  const length = series[0]?.values.length ?? 0;
  const step = WIDTH / length;
  const x = (at: number) => round((at + 0.5) * step);
  const y = (value: number) => round(HEIGHT - (value / top) * HEIGHT);
  const paths = series.flatMap(({ tone, values }) => {
    let [line, dots] = ["", ""];
    values.forEach((value, at) => {
      if (value === undefined) return;
      const follows = values[at - 1] !== undefined;
      line += `${follows ? "L" : "M"}${x(at)} ${y(value)}`;
      // No line leads to it or from it, so it is drawn as a dot.
      if (!follows && values[at + 1] === undefined) dots += `M${x(at)} ${y(value)}h0`;
    });
    return [
      html`
        <path class="${tone}" d="${line}" />
      `,
      html`
        <path class="${tone} dot" d="${dots}" />
      `,
    ];
  });
  const touch = Array.from({ length }, (_, at) => {
    const told = series.flatMap(({ name, values }) => {
      const value = values[at];
      return value === undefined ? [] : [`${name} ${options.unit(value)}`];
    });
    if (told.length === 0) return undefined;
    return html`
      <rect class="touch" x="${round(at * step)}" y="0" width="${round(step)}" height="${HEIGHT}">
        <title>${options.moment(at)}: ${told.join(", ")}</title>
      </rect>
    `;
  });
  return frame(series, options, top, [...paths, ...touch]);
}

function frame(
  series: readonly Series[],
  { title, unit }: PlotOptions,
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
      <p class="scale">${unit(top)}</p>
      <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}" preserveAspectRatio="none">
        <path class="axis" d="M0 0H${WIDTH}M0 ${HEIGHT}H${WIDTH}"/>${content}
      </svg>
      <p class="scale"><span>an hour ago</span><span>now</span></p>
    </figure>
  `;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
