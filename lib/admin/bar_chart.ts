import { type ChartOptions, frame, HEIGHT, round, type Series, WIDTH } from "./chart.ts";
import { type Html, html } from "./html.ts";

/** The minimum height of a bar, which keeps one request visible next to a thousand. */
const MIN_BAR_HEIGHT = 1.5;

/** Renders one bar per minute, in which the series are stacked. */
export function barChart(series: readonly Series[], options: ChartOptions): Html {
  const length = series[0]?.values.length ?? 0;
  const sums = Array.from(
    { length },
    (_, at) => series.reduce((sum, { values }) => sum + (values[at] ?? 0), 0),
  );
  const top = Math.max(1, ...sums);
  const step = WIDTH / length;
  const content = sums.map((sum, at) => {
    if (sum === 0) return undefined;
    let y = HEIGHT;
    const texts: string[] = [];
    const bars = series.map(({ name, tone, values }) => {
      const value = values[at] ?? 0;
      if (value === 0) return undefined;
      texts.push(`${options.format(value)} ${name}`);
      const height = Math.max(MIN_BAR_HEIGHT, (value / top) * HEIGHT);
      y -= height;
      return html`
        <rect class="${tone}" x="${round(at * step + 0.5)}" y="${round(y)}" width="${round(
          step - 1,
        )}" height="${round(height)}" />
      `;
    });
    return html`<g><title>${options.label(at)}: ${texts.join(", ")}</title>${bars}</g>`;
  });
  return frame(options, { series, top, content });
}
