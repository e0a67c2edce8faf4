// Prints a case: one line of JSON for the record on stdout, and a table for the reader on stderr.

import { arch, cpus, platform, release } from 'node:os';
import { type CaseResult, median } from './rounds.ts';

export interface ReportContext {
  /** Name and version of every contender. */
  readonly versions: Readonly<Record<string, string>>;
  readonly rounds: number;
}

/**
 * Reports `subject` against the other contenders. A ratio is the median of the rounds' own ratios
 * subject ÷ rival, because the two runs of one round saw the same machine.
 */
export function report(result: CaseResult, subject: string, context: ReportContext): void {
  const rows: string[][] = [];
  const json: Record<string, unknown> = {};
  const own = result.values.get(subject);
  for (const [contender, series] of result.values) {
    for (const [figure, all] of series) {
      const values = all.filter((value) => !Number.isNaN(value));
      if (values.length === 0) continue;
      const ownValues = own?.get(figure);
      const ratio =
        contender === subject || ownValues === undefined
          ? undefined
          : median(all.map((value, round) => (ownValues[round] ?? Number.NaN) / value));
      json[`${contender}.${figure}`] = round(median(values));
      if (ratio !== undefined) json[`ratio.${figure}.${subject}/${contender}`] = round(ratio);
      rows.push([
        contender,
        figure,
        show(median(values)),
        `${show(Math.min(...values))} … ${show(Math.max(...values))}`,
        ratio === undefined ? '' : `${round(ratio)}`,
      ]);
    }
  }
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown CPU'}, ${platform()} ${release()} ${arch()}`;
  const line = { case: result.name, rounds: context.rounds, machine, versions: context.versions, ...json };
  process.stdout.write(`${JSON.stringify(line)}\n`);
  process.stderr.write(
    `\n${result.name}\n${table(['', 'figure', 'median', 'min … max', `${subject} ÷ it`], rows)}\n`,
  );
}

function table(head: readonly string[], rows: readonly string[][]): string {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  return [head, ...rows]
    .map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())
    .join('\n');
}

const round = (value: number): number => Number(value.toPrecision(4));
const show = (value: number): string => round(value).toLocaleString('en-US', { maximumFractionDigits: 4 });
