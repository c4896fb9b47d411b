import { type ChartOptions, frame, HEIGHT, round, type Series, WIDTH } from "./chart.ts";
import { type Html, html } from "./html.ts";

/** Values stacked on each other, a bar a place. */
export function barChart(series: readonly Series[], options: ChartOptions): Html {
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
      told.push(`${options.format(value)} ${name}`);
      // Even one among a thousand is to be seen.
      const height = Math.max(1.5, (value / top) * HEIGHT);
      y -= height;
      return html`
        <rect class="${tone}" x="${round(at * step + 0.5)}" y="${round(y)}" width="${round(
          step - 1,
        )}" height="${round(height)}" />
      `;
    });
    return html`<g><title>${options.label(at)}: ${told.join(", ")}</title>${parts}</g>`;
  });
  return frame(series, options, top, columns);
}
