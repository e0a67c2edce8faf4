// Rows of data in the format that was asked for. One row is one thing (a topic, a partition, a setting); its fields
// keep their types in json, ndjson and yaml, and become text in table, wide and csv.

import { renderCsv } from './csv.ts';
import { renderTable } from './table.ts';
import { renderYaml } from './yaml.ts';

export const OUTPUT_FORMATS = ['table', 'json', 'ndjson', 'yaml', 'csv', 'wide'] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

export type Field = string | number | boolean | null | readonly Field[] | { readonly [name: string]: Field };
export type Row = Readonly<Record<string, Field>>;

export interface Column {
  /** The field's name in a row. */
  readonly key: string;
  readonly title: string;
  /** Numbers stand to the right. */
  readonly isNumber?: boolean;
  /** Only in `wide` (and in the formats for programs). */
  readonly isWide?: boolean;
}

/** All rows as text that ends with a line break; empty where there is nothing to print. */
export function renderRows(format: OutputFormat, columns: readonly Column[], rows: readonly Row[]): string {
  switch (format) {
    case 'json':
      return `${JSON.stringify(rows, null, 2)}\n`;
    case 'ndjson':
      return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
    case 'yaml':
      return renderYaml(rows);
    case 'csv':
      return renderCsv(
        columns.map(({ key }) => key),
        rows.map((row) => columns.map(({ key }) => cellText(row[key]))),
      );
    case 'table':
    case 'wide': {
      const shown = columns.filter(({ isWide }) => format === 'wide' || isWide !== true);
      return renderTable(
        shown.map(({ title, isNumber = false }) => ({ title, isNumber })),
        rows.map((row) => shown.map(({ key }) => cellText(row[key], '-'))),
      );
    }
  }
}

function cellText(field: Field | undefined, nothing = ''): string {
  if (field === null || field === undefined) return nothing;
  if (Array.isArray(field)) return field.map((member: Field) => cellText(member)).join(',');
  return typeof field === 'object' ? JSON.stringify(field) : String(field);
}
