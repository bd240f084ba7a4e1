import { Component, html } from '../html.js';
import { Chart } from './chart.js';

/**
 * @typedef {import('../state/live.metrics.js').LiveMetrics} LiveMetrics
 * @typedef {import('../state/live.metrics.js').ColumnName} ColumnName
 * @typedef {{ name: string, column: ColumnName, color: string, fill?: boolean, dash?: number[] }} Line
 * @typedef {object} Props
 * @property {string} title
 * @property {string} label what the chart shows, for those who do not see it
 * @property {Line[]} lines
 * @property {(value: number | null | undefined) => string} format
 * @property {number} least the top of the scale is not below it
 * @property {boolean} [spread] on a scale on which both small and large values can be read
 * @property {LiveMetrics} metrics
 * @property {string} [remark]
 */

/**
 * A chart with its figures as text: the latest, or those under the pointer. @extends {Component<Props, { index: number | undefined }>}
 */
export class Panel extends Component {
  state = { index: undefined };

  /** @param {number | null | undefined} index */
  point = (index) => {
    if ((index ?? undefined) !== this.state.index) this.setState({ index: index ?? undefined });
  };

  /** @param {Props} props @param {{ index: number | undefined }} state */
  render({ title, label, lines, format, least, spread, metrics, remark }, { index }) {
    const table = metrics.table(lines.map(({ column }) => column));
    const shown = index ?? (table[0]?.length ?? 0) - 1;
    return html`
      <section class="panel" aria-label=${title}>
        <div class="title">
          <h2>${title}</h2>
          ${remark && html`<p>${remark}</p>`}
        </div>
        <dl class="figures">
          ${lines.map(
            ({ name, color, dash }, line) => html`
              <div key=${name}>
                <dt><span class="swatch" data-color=${color} data-dashed=${Boolean(dash)}></span>${name}</dt>
                <dd>${format(table[line + 1]?.[shown])}</dd>
              </div>
            `,
          )}
        </dl>
        ${
          metrics.latest
            ? html`<${Chart}
                ...${{ label, lines, format, least, spread }}
                data=${table}
                onPoint=${this.point}
              />`
            : html`<div class="chart skeleton"></div>`
        }
      </section>
    `;
  }
}
