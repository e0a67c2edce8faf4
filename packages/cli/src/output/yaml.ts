// YAML that any reader understands: block lists and maps, and every text that could be taken for something else in
// JSON's quotes, which YAML shares.

import type { Field, Row } from './rows.ts';

export function renderYaml(rows: readonly Row[]): string {
  return rows.length === 0 ? '[]\n' : listLines(rows).join('\n').concat('\n');
}

// Plain only where no reader could see a number, a word with a meaning, or punctuation in it.
const PLAIN = /^(?!(?:true|false|yes|no|on|off|null|y|n)$)[A-Za-z_][\w./-]*$/i;

function scalar(field: Field): string {
  return typeof field === 'string' && PLAIN.test(field) ? field : JSON.stringify(field);
}

function isNested(field: Field): field is readonly Field[] | { readonly [name: string]: Field } {
  return typeof field === 'object' && field !== null && Object.keys(field).length > 0;
}

function listLines(fields: readonly Field[]): string[] {
  return fields.flatMap((field) =>
    isNested(field)
      ? linesOf(field).map((line, i) => (i === 0 ? `- ${line}` : `  ${line}`))
      : [`- ${scalar(field)}`],
  );
}

function linesOf(field: readonly Field[] | { readonly [name: string]: Field }): string[] {
  if (Array.isArray(field)) return listLines(field);
  return Object.entries(field).flatMap(([name, value]) =>
    isNested(value)
      ? [`${scalar(name)}:`, ...linesOf(value).map((line) => `  ${line}`)]
      : [`${scalar(name)}: ${scalar(value)}`],
  );
}
