// Differences that are decided: DynamoDB does as dynatab does, so far as it is documented or was recorded. A fact says
// what decides, and `is` matches no more than it has to. One file for the facts of each peer, below `known`.

import dynalite from './known/dynalite.mjs';
import dynoxide from './known/dynoxide.mjs';
import local from './known/local.mjs';
import ministack from './known/ministack.mjs';
import moto from './known/moto.mjs';

const FACTS = { 'DynamoDB Local': local, dynalite, dynoxide, moto, ministack };

/** What decides a difference, or undefined when nothing does. */
export function known(peer, { answers: [ours, theirs], ...seen }) {
  return FACTS[peer].find(({ is }) => is(seen, ours, theirs))?.fact;
}
