/** uPlot for calls: the units of each as bars, its time as a line. Loaded when the usage is first looked at. */

import uPlot from 'uplot';
import style from 'uplot/dist/uPlot.min.css';
import type { Measured } from '../data/meter.js';

export interface Chart {
  setCalls(calls: readonly Measured[]): void;
  destroy(): void;
}

const HEIGHT = 260;

const sheet = new CSSStyleSheet();
sheet.replaceSync(style);

function data(calls: readonly Measured[]): uPlot.AlignedData {
  return [
    calls.map((_, at) => at + 1),
    calls.map(({ units }) => units),
    calls.map(({ milliseconds }) => milliseconds),
  ];
}

export function createChart(parent: HTMLElement, calls: readonly Measured[]): Chart {
  if (!document.adoptedStyleSheets.includes(sheet)) document.adoptedStyleSheets.push(sheet);
  let now = calls;
  // A canvas has no light-dark(): the colours are asked for as they are computed, whenever it draws.
  const colour = (name: string) => () => {
    const probe = Object.assign(document.createElement('i'), { style: `color: var(${name})` });
    parent.append(probe);
    const found = getComputedStyle(probe).color;
    probe.remove();
    return found;
  };
  const axis = { stroke: colour('--faint'), grid: { stroke: colour('--line'), width: 1 } };
  const plot = new uPlot(
    {
      width: parent.clientWidth,
      height: HEIGHT,
      cursor: { y: false },
      scales: {
        x: { time: false, range: (_, low, high) => [low - 0.6, high + 0.6] },
        units: { range: (_, __, high) => [0, Math.max(high, 1) * 1.1] },
        ms: { range: (_, __, high) => [0, Math.max(high, 1) * 1.1] },
      },
      series: [
        { label: 'Call', value: (_, at) => (at === null ? '–' : name(now[at - 1], at)) },
        {
          label: 'Capacity units',
          scale: 'units',
          stroke: colour('--accent'),
          fill: colour('--accent'),
          width: 0,
          paths: uPlot.paths.bars!({ size: [0.7, 24] }),
          points: { show: false },
        },
        {
          label: 'Milliseconds',
          scale: 'ms',
          stroke: colour('--warn'),
          width: 1.5,
          value: (_, value) => (value === null ? '–' : value.toFixed(2)),
        },
      ],
      axes: [
        { ...axis, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500] },
        { ...axis, scale: 'units', label: 'Capacity units' },
        { ...axis, scale: 'ms', side: 1, label: 'Milliseconds', grid: { show: false } },
      ],
    },
    data(calls),
    parent,
  );
  const fit = new ResizeObserver(() => plot.setSize({ width: parent.clientWidth, height: HEIGHT }));
  fit.observe(parent);
  // What is drawn does not follow the colours of the page by itself.
  const recolour = () => plot.redraw();
  const system = matchMedia('(prefers-color-scheme: dark)');
  system.addEventListener('change', recolour);
  const chosen = new MutationObserver(recolour);
  chosen.observe(document.documentElement, { attributeFilter: ['style'] });
  return {
    setCalls(next) {
      now = next;
      plot.setData(data(next));
    },
    destroy() {
      fit.disconnect();
      system.removeEventListener('change', recolour);
      chosen.disconnect();
      plot.destroy();
    },
  };
}

const name = (call: Measured | undefined, at: number) =>
  call ? `${at}, ${call.operation} of ${call.table}` : String(at);
