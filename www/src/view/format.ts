/** Numbers for people. */

const UNITS = ['bytes', 'KB', 'MB', 'GB'];

export function bytes(count: number): string {
  let unit = 0;
  for (; count >= 1000 && unit < UNITS.length - 1; unit++) count /= 1000;
  return `${count.toFixed(unit && count < 100 ? 1 : 0)} ${UNITS[unit]}`;
}

export const integer = (count: number) => count.toLocaleString('en');

export const counted = (count: number, noun: string) => `${integer(count)} ${noun}${count === 1 ? '' : 's'}`;

export const milliseconds = (time: number) =>
  time < 1000 ? `${time.toFixed(time < 10 ? 1 : 0)} ms` : `${(time / 1000).toFixed(1)} s`;
