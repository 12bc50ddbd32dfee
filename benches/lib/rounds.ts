/** Alternatives measured in turns, so that whatever else the machine does falls on all of them alike. */

/** One way to do the work. Gives the milliseconds its measured part took and how many things it did. */
export interface Alternative {
  name: string;
  run(round: number): Promise<Sample>;
}

export interface Sample {
  ms: number;
  count: number;
}

/** Things per second, or milliseconds per thing. */
export type Unit = 'per second' | 'ms' | 'us' | 'ns';

export interface Figure {
  name: string;
  unit: Unit;
  median: number;
  low: number;
  high: number;
  rounds: number[];
}

/** How one alternative does beside another, round by round. */
export interface Ratio {
  what: string;
  /** How many times better, or, for a target that says `at most`, how many times as dear. */
  median: number;
  low: number;
  high: number;
  target?: string | undefined;
  met?: boolean | undefined;
}

export interface Report {
  bench: string;
  figures: Figure[];
  ratios: Ratio[];
  notes: string[];
}

export const ROUNDS = 9;

/** Times `body`, which does `count` things. */
export async function timed(count: number, body: () => Promise<unknown> | void): Promise<Sample> {
  const start = performance.now();
  await body();
  return { ms: performance.now() - start, count };
}

/** Times `body` again and again for about `ms`: for alternatives so different that no count suits them all. */
export async function timedFor(ms: number, body: (i: number) => Promise<unknown>): Promise<Sample> {
  const start = performance.now();
  for (let count = 0; ;) {
    await body(count++);
    const elapsed = performance.now() - start;
    if (elapsed >= ms) return { ms: elapsed, count };
  }
}

/** Runs every alternative once per round, in an order that moves on each round, after one round that is not counted. */
export async function interleave(
  alternatives: Alternative[],
  rounds = ROUNDS,
): Promise<Map<string, Sample[]>> {
  const samples = new Map<string, Sample[]>(alternatives.map(({ name }) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    for (let k = 0; k < alternatives.length; k++) {
      const { name, run } = alternatives[(k + round) % alternatives.length]!;
      await breathe();
      const sample = await run(round);
      if (round > 0) samples.get(name)!.push(sample);
    }
  }
  return samples;
}

/** Lets what the last alternative left behind (events, garbage) come to an end. */
function breathe(): Promise<void> {
  return new Promise((done) => setTimeout(done, 5));
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function spread(values: readonly number[]): { median: number; low: number; high: number } {
  return { median: median(values), low: Math.min(...values), high: Math.max(...values) };
}

const SCALE = { ms: 1, us: 1e3, ns: 1e6 };

function measure({ ms, count }: Sample, unit: Unit): number {
  return unit === 'per second' ? (count / ms) * 1000 : (ms / count) * SCALE[unit];
}

export function figures(samples: Map<string, Sample[]>, unit: Unit): Figure[] {
  return [...samples].map(([name, list]) => {
    const rounds = list.map((sample) => measure(sample, unit));
    return { name, unit, ...spread(rounds), rounds };
  });
}

/** What a ratio or difference should be. */
export type Target = { atLeast: number } | { atMost: number };

function judge(value: number, target: Target | undefined): Pick<Ratio, 'target' | 'met'> {
  if (!target) return {};
  if ('atLeast' in target) return { target: `at least ${target.atLeast}`, met: value >= target.atLeast };
  return { target: `at most ${target.atMost}`, met: value <= target.atMost };
}

const perThing = ({ ms, count }: Sample) => ms / count;

/** How many times faster `ours` is than `theirs`. */
export function speedup(
  samples: Map<string, Sample[]>,
  ours: string,
  theirs: string,
  target?: Target,
): Ratio {
  const their = samples.get(theirs)!;
  const rounds = samples.get(ours)!.map((sample, i) => perThing(their[i]!) / perThing(sample));
  const found = spread(rounds);
  return { what: `${ours} / ${theirs}`, ...found, ...judge(found.median, target) };
}

/** What the sum of `ours` costs beside `theirs`. */
export function cost(samples: Map<string, Sample[]>, ours: string[], theirs: string, target?: Target): Ratio {
  const rounds = samples.get(theirs)!.map((their, i) => {
    const sum = ours.reduce((total, name) => total + perThing(samples.get(name)![i]!), 0);
    return sum / perThing(their);
  });
  const found = spread(rounds);
  return { what: `cost of ${ours.join(' + ')} / ${theirs}`, ...found, ...judge(found.median, target) };
}

/** By how many milliseconds `ours` is slower than `theirs`. */
export function delay(samples: Map<string, Sample[]>, ours: string, theirs: string, target?: Target): Ratio {
  const their = samples.get(theirs)!;
  const rounds = samples.get(ours)!.map((sample, i) => perThing(sample) - perThing(their[i]!));
  const found = spread(rounds);
  return { what: `${ours} - ${theirs}, ms`, ...found, ...judge(found.median, target) };
}
