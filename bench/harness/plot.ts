import type { Chart, Findings, Series } from './benchmark.ts';
import { number } from './report.ts';
import { median } from './statistics.ts';

const WIDTH = 760;
const LABELS = 230;
const COLOURS = ['#2f81f7', '#d29922', '#3fb950', '#db61a2', '#a371f7', '#f0883e', '#39c5cf', '#8b949e'];

/** Colours that can be read on white and on black; only text and lines follow the reader's theme. */
export const STYLE = `<style>
  text { font: 13px system-ui, sans-serif; fill: #24292f }
  .faint { fill: #57606a } .axis { stroke: #57606a } .grid { stroke: #57606a; stroke-opacity: .25 }
  .ours { fill: #2f81f7 } .baseline { fill: #8b949e } .spread { stroke: #24292f; stroke-width: 1.5 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .faint { fill: #9198a1 } .axis, .grid { stroke: #9198a1 } .spread { stroke: #e6edf3 }
  }
</style>`;

/** The findings as a picture: the chart if there is one, or else a bar for each series, with its spread. */
export function plot(title: string, { series, chart }: Findings): string {
  return chart ? lineChart(chart) : barChart(title, series);
}

function svg(title: string, height: number, parts: string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">
<title>${escape(title)}</title>
${STYLE}
<text x="8" y="20" font-weight="600">${escape(title)}</text>
${parts.join('\n')}
</svg>
`;
}

/** One scale for each unit: milliseconds do not stand beside orders a second. */
function barChart(title: string, series: Series[]): string {
  const room = WIDTH - LABELS - 150;
  const rows = series.map((one, index) => {
    const peers = series.filter(({ unit }) => unit === one.unit);
    const most = Math.max(...peers.flatMap(({ values }) => values), Number.MIN_VALUE);
    const x = (value: number) => fixed(LABELS + (room * value) / most);
    const y = 36 + index * 28;
    const middle = median(one.values);
    const [low, high] = [Math.min(...one.values), Math.max(...one.values)];
    return `<text x="${LABELS - 8}" y="${y + 15}" text-anchor="end">${escape(one.name)}</text>
<rect class="${one.isBaseline ? 'baseline' : 'ours'}" x="${LABELS}" y="${y}" width="${fixed((room * middle) / most)}" height="20" rx="2"/>
<line class="spread" x1="${x(low)}" x2="${x(high)}" y1="${y + 10}" y2="${y + 10}"/>
<text x="${Number(x(high)) + 8}" y="${y + 15}">${number(middle)} ${one.unit}</text>`;
  });
  return svg(title, 48 + series.length * 28, rows);
}

function lineChart({ title, unit, x, lines }: Chart): string {
  const [left, right, top, bottom] = [60, WIDTH - LABELS, 44, 320];
  const scale = x.logarithmic ? Math.log10 : (value: number) => value;
  const [first, last] = [scale(x.values[0] ?? 0), scale(x.values.at(-1) ?? 1)];
  const most = Math.max(...lines.flatMap(({ values }) => values)) * 1.1;
  const px = (value: number) => fixed(left + ((right - left) * (scale(value) - first)) / (last - first || 1));
  const py = (value: number) => fixed(bottom - ((bottom - top) * value) / most);
  const ticks = x.logarithmic
    ? x.values
    : [x.values[0] ?? 0, (x.values.at(-1) ?? 0) / 2, x.values.at(-1) ?? 0];
  return svg(`${title} (${unit})`, bottom + 50, [
    ...[0, 0.25, 0.5, 0.75, 1].map(
      (
        share,
      ) => `<line class="grid" x1="${left}" x2="${right}" y1="${py(most * share)}" y2="${py(most * share)}"/>
<text class="faint" x="${left - 8}" y="${Number(py(most * share)) + 4}" text-anchor="end">${number(most * share)}</text>`,
    ),
    `<line class="axis" x1="${left}" x2="${right}" y1="${bottom}" y2="${bottom}"/>`,
    ...ticks.map(
      (tick) =>
        `<text class="faint" x="${px(tick)}" y="${bottom + 20}" text-anchor="middle">${number(tick)}</text>`,
    ),
    `<text class="faint" x="${(left + right) / 2}" y="${bottom + 40}" text-anchor="middle">${x.name}</text>`,
    ...lines.map(({ name, values }, index) => {
      const colour = COLOURS[index % COLOURS.length];
      const points = values.map((value, at) => `${px(x.values[at] ?? 0)},${py(value)}`).join(' ');
      const y = top + 10 + index * 22;
      return `<polyline points="${points}" fill="none" stroke="${colour}" stroke-width="2"/>
<rect x="${right + 24}" y="${y}" width="14" height="4" fill="${colour}"/>
<text x="${right + 46}" y="${y + 7}">${escape(name)}</text>`;
    }),
  ]);
}

function fixed(value: number): string {
  return value.toFixed(1);
}

export function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
