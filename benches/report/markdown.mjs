// Reports as text for the documentation.

import { figure } from './words.mjs';

const row = (cells) => `| ${cells.join(' | ')} |`;

/** A page of tables; `meta` says when, where and how it was measured. */
export function markdown(reports, meta) {
  const sections = reports.map(({ bench, figures, ratios, notes }) => {
    const lines = [
      `## ${bench}`,
      '',
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
    `\`${meta.command}\`, ${meta.date.slice(0, 10)}, ${meta.cores} cores, load ${meta.load[0]} before, ${meta.software.join(', ')}.`,
    '',
    'Alternatives in turns in one run; medians of rounds. Absolute figures move with the machine, ratios less.',
  ];
  return `${[head.join('\n'), ...sections].join('\n\n')}\n`;
}
