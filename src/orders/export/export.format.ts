import Negotiator from 'negotiator';
import type { OrderDto } from '../dto/order.dto.js';
import { CSV_HEADER, toCsvLine } from './csv.js';

/** How exported orders are written: a line each. */
export interface ExportFormat {
  contentType: string;
  header: string;
  toLine(order: OrderDto): string;
}

export const EXPORT_FORMATS = ['ndjson', 'csv'] as const;
export type ExportFormatName = (typeof EXPORT_FORMATS)[number];

/** @see https://github.com/ndjson/ndjson-spec */
const NDJSON = 'application/x-ndjson';
const CSV = 'text/csv';

const FORMATS: Record<ExportFormatName, ExportFormat> = {
  ndjson: { contentType: NDJSON, header: '', toLine: (order) => `${JSON.stringify(order)}\n` },
  csv: { contentType: `${CSV}; charset=utf-8; header=present`, header: CSV_HEADER, toLine: toCsvLine },
};

/** The one that is named, else the one that `Accept` prefers; NDJSON for who likes both or neither. */
export function exportFormat(name: ExportFormatName | undefined, accept = '*/*'): ExportFormat {
  const [preferred] = new Negotiator({ headers: { accept } }).mediaTypes([NDJSON, CSV]);
  return FORMATS[name ?? (preferred === CSV ? 'csv' : 'ndjson')];
}
