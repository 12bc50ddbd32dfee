/** The median of rounds, with the lowest and the highest. */
export function spread(rounds) {
  const sorted = [...rounds].sort((a, b) => a - b);
  return { median: sorted[sorted.length >> 1], low: sorted[0], high: sorted.at(-1) };
}
