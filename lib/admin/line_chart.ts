import { type ChartOptions, frame, HEIGHT, round, type Series, WIDTH } from "./chart.ts";
import { type Html, html } from "./html.ts";

/** A line for each series; it breaks where there is nothing to tell. */
export function lineChart(series: readonly Series[], options: ChartOptions): Html {
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
      return value === undefined ? [] : [`${name} ${options.format(value)}`];
    });
    if (told.length === 0) return undefined;
    return html`
      <rect class="touch" x="${round(at * step)}" y="0" width="${round(step)}" height="${HEIGHT}">
        <title>${options.label(at)}: ${told.join(", ")}</title>
      </rect>
    `;
  });
  return frame(series, options, top, [...paths, ...touch]);
}
