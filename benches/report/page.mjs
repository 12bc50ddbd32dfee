// Reports as a page of bars: one file that needs nothing beside it.

import { figure } from './words.mjs';

const escape = (text) => String(text).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
const OURS = /^dynatab/;

function chart({ bench, figures, ratios, notes }) {
  // Most alternatives can be drawn on one scale; where they cannot, on a logarithmic one, which says so.
  const top = Math.max(...figures.map(({ high }) => high));
  const least = Math.min(...figures.map(({ median }) => median));
  const wide = top / least > 100;
  const place = (value) =>
    wide ? (Math.log(value / least + 1) / Math.log(top / least + 1)) * 100 : (value / top) * 100;
  const bars = figures.map(
    (
      f,
    ) => `<tr><th scope="row">${escape(f.name)}</th><td class="bar"><div style="width:${place(f.median).toFixed(1)}%"
      class="${OURS.test(f.name) ? 'ours' : 'theirs'}"></div><i style="left:${place(f.low).toFixed(1)}%;
      width:${(place(f.high) - place(f.low)).toFixed(1)}%"></i></td><td class="n">${figure(f.median)} ${escape(f.unit)}</td></tr>`,
  );
  const judged = ratios.map(
    (
      r,
    ) => `<li class="${r.met === undefined ? '' : r.met ? 'met' : 'unmet'}">${escape(r.what)}: <b>${figure(r.median)}</b>
      (${figure(r.low)} to ${figure(r.high)})${r.target ? `, aim ${escape(r.target)}: ${r.met ? 'reached' : 'not reached'}` : ''}</li>`,
  );
  const small = [...notes, ...(wide ? ['the scale is logarithmic'] : [])].map(
    (note) => `<p>${escape(note)}</p>`,
  );
  return `<section><h2>${escape(bench)}</h2><table>${bars.join('')}</table><ul>${judged.join('')}</ul>${small.join('')}</section>`;
}

export function page(reports, meta) {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>dynatab: benchmarks</title><style>
:root{color-scheme:light dark;--ours:light-dark(#0b6bcb,#5fb0ff);--theirs:light-dark(#b9c2cc,#56616d);--line:light-dark(#333,#ddd)}
body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
table{width:100%;border-collapse:collapse}th{text-align:left;font-weight:400;width:17rem;padding:.15rem 0}
.bar{position:relative}.bar div{height:1rem;border-radius:2px}.ours{background:var(--ours)}.theirs{background:var(--theirs)}
.bar i{position:absolute;top:50%;height:1px;background:var(--line)}.n{text-align:right;width:9rem;font-variant-numeric:tabular-nums}
ul{padding-left:1.1rem}.unmet b{text-decoration:underline}section p{opacity:.75;margin:.2rem 0}
</style><h1>Benchmarks</h1><p><code>${escape(meta.command)}</code>, ${escape(meta.date)}, ${meta.cores} cores,
load ${meta.load.join(' ')} before, ${escape(meta.software.join(', '))}. Bars are medians, lines go from the lowest round to the highest.</p>
${reports.map(chart).join('\n')}</html>\n`;
}
