// Judges what a death left behind against what was acknowledged and announced.

import { LANES, operation } from '../../pages/kills/plan.js';

const slot = ({ table, id }) => `${table}/${id}`;
const text = (value) => (value ? `version ${value[0]}, count ${value[1]}` : 'nothing');

/** Puts a write into a state: version and count by slot. */
function apply(state, write) {
  const at = slot(write);
  const count = state.get(at)?.[1] ?? 0;
  if (write.effect === 'delete') state.delete(at);
  else if (write.effect === 'put') state.set(at, [write.version, 0]);
  else state.set(at, [write.version, write.effect === 'add' ? count + 1 : count]);
}

const alike = (one, other) => one?.[0] === other?.[0] && one?.[1] === other?.[1];

/** The slots in which two states differ. */
function differences(one, other) {
  const slots = new Set([...one.keys(), ...other.keys()]);
  return [...slots].filter((at) => !alike(one.get(at), other.get(at)));
}

export class Ledger {
  #seed;
  #round = 0;
  /** What each lane found at the beginning of the round. */
  #base = LANES.map(() => new Map());
  #acknowledged = LANES.map(() => 0);
  #announced = LANES.map(() => 0);
  /** Operations acknowledged in all rounds, and those that were found though nobody had said so. */
  total = 0;
  unsaid = 0;

  constructor(seed) {
    this.#seed = seed;
  }

  begin(round) {
    this.#round = round;
    this.#acknowledged.fill(0);
    this.#announced.fill(0);
  }

  announce(lane, number) {
    this.#announced[lane] = number;
  }

  acknowledge(lane, number) {
    if (number !== this.#acknowledged[lane] + 1 || number > this.#announced[lane])
      throw new Error(`lane ${lane} acknowledged ${number} after ${this.#acknowledged[lane]}`);
    this.#acknowledged[lane] = number;
    this.total++;
  }

  /** Operations acknowledged in this round. */
  get acknowledged() {
    return this.#acknowledged.reduce((sum, count) => sum + count, 0);
  }

  /** What is wrong with `found`, rows of table, key, version and count; which is what the next round begins with. */
  judge(found) {
    const states = LANES.map(() => new Map());
    const problems = [];
    for (const [table, id, version, count] of found) {
      const at = LANES.findIndex(({ name }) => name === id.slice(0, id.lastIndexOf('-')));
      if (at < 0) problems.push(`${table}/${id} was never written`);
      else states[at].set(slot({ table, id }), [version, count]);
    }
    for (const [lane, state] of states.entries()) {
      if (LANES[lane].kind === 'pair') problems.push(...this.#halves(state));
      problems.push(...this.#judgeLane(lane, state));
    }
    this.#base = states;
    return problems;
  }

  /** Transactions write two tables alike: each item of one is that of the other. */
  #halves(state) {
    const other = (at) => at.replace(/^\w+/, (table) => (table === 'left' ? 'right' : 'left'));
    return [...state.keys(), ...[...state.keys()].map(other)]
      .filter((at) => at.startsWith('left/') && !alike(state.get(at), state.get(other(at))))
      .map(
        (at) =>
          `half a transaction: ${at} has ${text(state.get(at))}, the right ${text(state.get(other(at)))}`,
      );
  }

  /** A lane left what its first so-and-so many operations do, of a batch perhaps a part. */
  #judgeLane(lane, found) {
    const state = new Map(this.#base[lane]);
    const from = this.#acknowledged[lane];
    const writes = (number) => operation(this.#seed, this.#round, lane, number).writes;
    for (let number = 1; number <= from; number++) for (const write of writes(number)) apply(state, write);
    const least = new Map(state);
    for (let number = from; ; number++) {
      const open = differences(state, found);
      if (open.length === 0) {
        this.unsaid += number - from;
        return [];
      }
      if (number >= this.#announced[lane]) break;
      for (const write of writes(number + 1)) apply(state, write);
      if (LANES[lane].kind === 'batch' && open.every((at) => alike(state.get(at), found.get(at)))) return [];
    }
    const wrong = differences(least, found).slice(0, 3);
    const said = `${LANES[lane].name} (${from} acknowledged, ${this.#announced[lane]} announced)`;
    return wrong.map(
      (at) => `${said}: ${at} has ${text(found.get(at))}, not ${text(least.get(at))} or what came later`,
    );
  }
}
