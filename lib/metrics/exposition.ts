/**
 * The text format of Prometheus, version 0.0.4:
 * https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
 *
 * @module
 */

import type { Histogram } from "./histogram.ts";

/** The format's media type. */
export const CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** Label values by label name. */
export type Labels = Readonly<Record<string, string>>;

/** A metric, with one sample per set of labels. */
export interface Family {
  /** The name, which ends with the unit, followed by `_total` for a counter. */
  readonly name: string;
  readonly help: string;
  readonly samples: Samples;
}

/** A metric's type and samples. */
export type Samples =
  | { readonly type: "counter" | "gauge"; readonly values: readonly (readonly [Labels, number])[] }
  | { readonly type: "histogram"; readonly values: readonly (readonly [Labels, Histogram])[] };

/** Formats metrics as text. */
export function formatExposition(families: readonly Family[]): string {
  return families.map(formatFamily).join("");
}

function formatFamily({ name, help, samples }: Family): string {
  const lines = samples.type === "histogram"
    ? samples.values.flatMap(([labels, histogram]) => histogramLines(name, labels, histogram))
    : samples.values.map(([labels, value]) => line(name, labels, value));
  return [`# HELP ${name} ${escapeHelp(help)}`, `# TYPE ${name} ${samples.type}`, ...lines, ""].join("\n");
}

/** Formats a histogram, whose buckets are cumulative in this format: each includes the counts of those below it. */
function histogramLines(name: string, labels: Labels, { bounds, counts, sum }: Histogram): string[] {
  let below = 0;
  const buckets = counts.map((count, at) => {
    below += count;
    return line(`${name}_bucket`, { ...labels, le: at < bounds.length ? String(bounds[at]) : "+Inf" }, below);
  });
  return [...buckets, line(`${name}_sum`, labels, sum), line(`${name}_count`, labels, below)];
}

function line(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
  return `${name}${pairs.length === 0 ? "" : `{${pairs.join()}}`} ${value}`;
}

function escapeLabel(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

function escapeHelp(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}
