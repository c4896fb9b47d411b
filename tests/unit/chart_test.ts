import { assert, assertEquals } from "@std/assert";
import { barChart } from "../../lib/admin/bar_chart.ts";
import { lineChart } from "../../lib/admin/line_chart.ts";

const OPTIONS = {
  title: "T",
  format: (value: number) => `${value}u`,
  label: (at: number) => `m${at}`,
  since: "an hour ago",
};

Deno.test("barChart() stacks series up to the highest sum and draws no bar for zero", () => {
  const plot = String(barChart([
    { name: "one", tone: "served", values: [1, 0, 3] },
    { name: "two", tone: "failed", values: [1, 0, 1] },
  ], OPTIONS));
  const rects = [
    ...plot.matchAll(/<rect class="(\w+)" x="([\d.]+)" y="([\d.]+)" width="119" height="([\d.]+)"/g),
  ]
    .map(([, ...values]) => values.join());
  assertEquals(rects, [
    "served,0.5,72,24",
    "failed,0.5,48,24",
    "served,240.5,24,72",
    "failed,240.5,0,24",
  ]);
  assert(plot.includes("<title>m0: 1u one, 1u two</title>") && plot.includes(">4u<"), plot);
});

Deno.test("lineChart() interrupts a line where there is no value and draws a lone value as a dot", () => {
  const plot = String(lineChart([
    { name: "one", tone: "slow", values: [2, 1, undefined, 2] },
  ], OPTIONS));
  const paths = [...plot.matchAll(/<path class="(slow[^"]*)" d="([^"]*)"/g)].map(([, tone, d]) =>
    `${tone} ${d}`
  );
  assertEquals(paths, ["slow M45 0L135 48M315 0", "slow dot M315 0h0"]);
});
