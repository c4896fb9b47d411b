/** The style sheet of the operator's page. Its colours keep their contrast in light and dark mode. */
export const STYLE = `:root {
  color-scheme: light dark;
  --ink: light-dark(#1c2126, #e4e7ea);
  --soft: light-dark(#5a646e, #9aa5b0);
  --rule: light-dark(#d9dee3, #363d45);
  --code: light-dark(#f3f5f7, #1e242a);
  --ground: light-dark(#ffffff, #15191d);
  --served: light-dark(#2f6fb0, #6ba6e0);
  --refused: light-dark(#a86500, #e0a448);
  --failed: light-dark(#b3261e, #f2837b);
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.25rem; max-width: 78rem; background: var(--ground); color: var(--ink);
  font: 15px/1.45 system-ui, sans-serif; }
h1 { font-size: 1.25rem; margin: 0 0 .25rem; }
h2 { font-size: 1rem; margin: 1.75rem 0 .5rem; }
p { margin: 0; }
.soft, .scale, th { color: var(--soft); }
.state { font-weight: 600; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr)); gap: 1.5rem; margin-top: 1.25rem; }
figure { margin: 0; min-width: 0; }
figcaption { margin-bottom: .35rem; }
svg { display: block; width: 100%; height: 6rem; overflow: visible; }
.scale { display: flex; justify-content: space-between; font-size: .8rem; }
.key { color: var(--soft); font-size: .85rem; margin-left: .5rem; white-space: nowrap; }
.key::before { content: ""; display: inline-block; width: .65em; height: .65em; margin-right: .3em; border-radius: 2px;
  background: currentColor; }
.key.served::before, .key.usual::before { background: var(--served); }
.key.refused::before, .key.slow::before { background: var(--refused); }
.key.failed::before { background: var(--failed); }
rect.served { fill: var(--served); }
rect.refused { fill: var(--refused); }
rect.failed { fill: var(--failed); }
rect.hover { fill: transparent; }
path { fill: none; stroke-width: 2; stroke-linecap: round; vector-effect: non-scaling-stroke; }
path.axis { stroke: var(--rule); stroke-width: 1; }
path.dot { stroke-width: 6; }
path.usual { stroke: var(--served); }
path.slow { stroke: var(--refused); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--rule); white-space: nowrap; }
th { font-weight: 500; font-size: .85rem; vertical-align: bottom; white-space: normal; }
.number { text-align: right; }
td.path { max-width: 17rem; overflow: hidden; text-overflow: ellipsis; }
td.wrap { white-space: normal; overflow-wrap: anywhere; min-width: 6rem; }
a { color: inherit; text-decoration-color: var(--rule); text-underline-offset: .2em; }
a:hover { text-decoration-color: currentColor; }
.filter span { margin-right: 1rem; }
.filter, .warning, .soft { margin-top: .5rem; }
.warning { color: var(--refused); }
.hint { display: none; color: var(--soft); font-size: .85rem; }
pre { margin: .75rem 0 0; padding: .75rem; overflow-x: auto; background: var(--code); font-size: .85rem; }
@media (max-width: 70rem) { .hint { display: block; } td.wrap { min-width: 11rem; } }
td.failed, .state.failed { color: var(--failed); }
td.refused, .state.refused { color: var(--refused); }
`;
