// Runs a case against several contenders in turn, A B A B …, so that the machine's drift falls on all of them.

/** What one run of one contender measured: figure name → value. */
export type Figures = Readonly<Record<string, number>>;

export interface Contender {
  readonly name: string;
  run(): Promise<Figures>;
}

export interface CaseResult {
  readonly name: string;
  /** contender → figure → the values of all rounds, in order. */
  readonly values: ReadonlyMap<string, ReadonlyMap<string, readonly number[]>>;
}

export async function runRounds(
  name: string,
  contenders: readonly Contender[],
  rounds: number,
  progress: (line: string) => void,
): Promise<CaseResult> {
  const values = new Map<string, Map<string, number[]>>(contenders.map((c) => [c.name, new Map()]));
  for (let round = 1; round <= rounds; round++) {
    for (const contender of contenders) {
      const series = values.get(contender.name) ?? new Map<string, number[]>();
      const figures = await contender.run().catch((error: Error) => {
        // A rival that hangs or falls must not take the others' figures with it; its round stays empty.
        progress(
          `${name} · round ${round}/${rounds} · ${contender.name} FAILED: ${error.message.split('\n')[0]}`,
        );
        return Object.fromEntries([...series.keys()].map((figure) => [figure, Number.NaN]));
      });
      for (const [figure, value] of Object.entries(figures)) {
        // Rounds that failed before the first figure came leave their places empty too.
        const list = series.get(figure) ?? Array.from({ length: round - 1 }, () => Number.NaN);
        list.push(value);
        series.set(figure, list);
      }
      progress(`${name} · round ${round}/${rounds} · ${contender.name} · ${JSON.stringify(figures)}`);
    }
  }
  return { name, values };
}

/** The median of the values that are numbers. */
export function median(values: readonly number[]): number {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** The value below which `share` (0 … 1) of `sorted` lies. */
export function percentile(sorted: ArrayLike<number>, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
