// Reports as text for the documentation.

import { figure } from './words.mjs';

const page = (parts) => `${parts.join('\n\n')}\n`;
const row = (cells) => `| ${cells.join(' | ')} |`;

const how = (meta) =>
  `\`${meta.command}\`, ${meta.date.slice(0, 10)}, ${meta.cores} cores, load ${meta.load[0]} before, ${meta.software.join(', ')}.`;

/**
 * A page of tables; `meta` says when, where and how it was measured. Given the page as it was, only what was measured
 * now is exchanged or added, and says so.
 */
export function markdown(reports, meta, before) {
  const sections = reports.map(({ bench, figures, ratios, notes }) => {
    const lines = [
      `## ${bench}`,
      '',
      ...(before === undefined ? [] : [how(meta), '']),
      row(['', 'median', 'lowest', 'highest']),
      row(['---', '---:', '---:', '---:']),
      ...figures.map((f) => row([f.name, `${figure(f.median)} ${f.unit}`, figure(f.low), figure(f.high)])),
    ];
    if (ratios.length) {
      lines.push('', row(['beside', 'ratio', 'aim', '']), row(['---', '---:', '---', '---']));
      for (const { what, median, low, high, target, met } of ratios) {
        const judged = target ? (met ? 'reached' : '**not reached**') : '';
        lines.push(
          row([what, `${figure(median)} (${figure(low)} to ${figure(high)})`, target ?? '', judged]),
        );
      }
    }
    for (const note of notes) lines.push('', `${note[0].toUpperCase()}${note.slice(1)}.`);
    return lines.join('\n');
  });
  const head = [
    '# Benchmarks',
    '',
    how(meta),
    '',
    'Alternatives in turns in one run; medians of rounds. Absolute figures move with the machine, ratios less.',
  ];
  if (before === undefined) return page([head.join('\n'), ...sections]);
  const kept = before.trimEnd().split(/\n\n(?=## )/);
  for (const section of sections) {
    const [title] = section.split('\n', 1);
    const at = kept.findIndex((other) => other.split('\n', 1)[0] === title);
    kept.splice(at < 0 ? kept.length : at, at < 0 ? 0 : 1, section);
  }
  return page(kept);
}
