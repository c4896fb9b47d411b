import { type ChartOptions, frame, HEIGHT, round, type Series, WIDTH } from "./chart.ts";
import { type Html, html } from "./html.ts";

/** Renders one line per series, with gaps where there is no value. */
export function lineChart(series: readonly Series[], options: ChartOptions): Html {
  const top = Math.max(
    0.001,
    ...series.flatMap(({ values }) => values.filter((value) => value !== undefined)),
  );
  const content = [...series.flatMap((each) => line(each, top)), ...hoverAreas(series, options)];
  return frame(options, { series, top, content });
}

function line({ tone, values }: Series, top: number): Html[] {
  const step = WIDTH / values.length;
  const x = (at: number) => round((at + 0.5) * step);
  const y = (value: number) => round(HEIGHT - (value / top) * HEIGHT);
  let [path, dots] = ["", ""];
  values.forEach((value, at) => {
    if (value === undefined) return;
    const continues = values[at - 1] !== undefined;
    path += `${continues ? "L" : "M"}${x(at)} ${y(value)}`;
    // A value without neighbours has no line, so a dot marks it.
    if (!continues && values[at + 1] === undefined) dots += `M${x(at)} ${y(value)}h0`;
  });
  return [
    html`
      <path class="${tone}" d="${path}" />
    `,
    html`
      <path class="${tone} dot" d="${dots}" />
    `,
  ];
}

/** Renders invisible columns, whose titles a browser shows as tooltips. */
function hoverAreas(series: readonly Series[], { format, label }: ChartOptions): (Html | undefined)[] {
  const length = series[0]?.values.length ?? 0;
  const step = WIDTH / length;
  return Array.from({ length }, (_, at) => {
    const texts = series.flatMap(({ name, values }) => {
      const value = values[at];
      return value === undefined ? [] : [`${name} ${format(value)}`];
    });
    if (texts.length === 0) return undefined;
    return html`
      <rect class="hover" x="${round(at * step)}" y="0" width="${round(step)}" height="${HEIGHT}">
        <title>${label(at)}: ${texts.join(", ")}</title>
      </rect>
    `;
  });
}
