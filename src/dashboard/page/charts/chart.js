import { Component, html } from '../html.js';
import UPlot from '../lib/uplot.js';

/**
 * @typedef {object} Props
 * @property {string} label what is drawn, for those who do not see it
 * @property {(number | null)[][]} data instants in seconds since 1970, then the values of each line
 * @property {{ color: string, fill?: boolean, dash?: number[] }[]} lines colours by the names of their CSS properties
 * @property {number} least the top of the scale is not below it
 * @property {boolean} [spread] on a scale on which both small and large values can be read
 * @property {(value: number) => string} format
 * @property {(index: number | null | undefined) => void} onPoint with the index of the values under the pointer, or without
 */

/** Lines begin at the left edge once there is as much, in seconds. */
const LEAST_SPAN = 60;

const HEIGHT = 120;

/** The lines of a scale with both small and large values. */
const DECADES = [0, 1, 10, 100, 1000, 10_000, 100_000];

const dark = matchMedia('(prefers-color-scheme: dark)');

/** Lines over the last minutes, by uPlot. It draws on a canvas, so it is told when the colours of the page change. @extends {Component<Props>} */
export class Chart extends Component {
  /** @type {HTMLElement | null} */
  #place = null;
  /** @type {UPlot | undefined} */
  #plot;
  #resized = new ResizeObserver(([entry]) => {
    if (entry) this.#plot?.setSize({ width: Math.floor(entry.contentRect.width), height: HEIGHT });
  });
  #recolour = () => this.#plot?.redraw(false);

  componentDidMount() {
    const place = this.#place;
    if (!place) return;
    this.#plot = new UPlot(optionsOf(place.clientWidth, this.props), toData(this.props.data), place);
    this.#resized.observe(place);
    dark.addEventListener('change', this.#recolour);
  }

  /** The plot is changed in place, and only when there are other values. @param {Props} next */
  shouldComponentUpdate(next) {
    if (next.data !== this.props.data) this.#plot?.setData(toData(next.data));
    return false;
  }

  componentWillUnmount() {
    dark.removeEventListener('change', this.#recolour);
    this.#resized.disconnect();
    this.#plot?.destroy();
  }

  /** @param {Props} props */
  render({ label }) {
    return html`
      <div
        class="chart"
        role="img"
        aria-label=${label}
        ref=${/** @param {HTMLElement | null} element */ (element) => (this.#place = element)}
      ></div>
    `;
  }
}

/** @param {Props['data']} data */
function toData(data) {
  return /** @type {import('uplot').AlignedData} */ (data); // the instants are never null
}

/**
 * @param {number} width
 * @param {Props} props
 * @returns {import('uplot').Options}
 */
function optionsOf(width, { lines, least, spread, format, onPoint }) {
  const axis = {
    stroke: () => colorOf('--muted'),
    grid: { stroke: () => colorOf('--grid'), width: 1 },
    ticks: { show: false },
    font: '11px system-ui, sans-serif',
  };
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    padding: [6, 16, 0, 0],
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
    scales: {
      x: { range: (_, from, to) => [Math.min(from, to - LEAST_SPAN), to] },
      y: { range: (_, __, most) => [0, Math.max(most * 1.15, least)], ...(spread && { distr: 4 }) }, // asinh: a logarithm with 0
    },
    series: [{}, ...lines.map(toSeries)],
    axes: [
      { ...axis, space: 80, size: 22, values: (_, seconds) => seconds.map(clockTime) },
      {
        ...axis,
        space: 30,
        size: 50,
        values: (_, values) => values.map((value) => format(value)),
        ...(spread && {
          splits: (_, __, ___, most) =>
            DECADES.filter((value) => value <= most && (value !== 1 || most < 100)),
          filter: (_, all) => all,
        }),
      },
    ],
    hooks: { setCursor: [(plot) => onPoint(plot.cursor.idx)] },
  };
}

/** @param {Props['lines'][number]} line @returns {import('uplot').Series} */
function toSeries({ color, fill = false, dash }) {
  return {
    stroke: () => colorOf(color),
    width: 1.75,
    points: { show: false },
    ...(dash && { dash }),
    ...(fill && { fill: () => `${colorOf(color)}26` }), // 15 %
  };
}

/** @param {number} second */
function clockTime(second) {
  return new Date(second * 1000).toLocaleTimeString('en-GB');
}

/** @param {string} name */
function colorOf(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
