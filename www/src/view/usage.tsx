/** What the calls of this page consumed and took: a chart of each, and the sums. */

import { useEffect, useRef, useState } from 'preact/hooks';
import { measured, onMeasured, sums, type Measured } from '../data/meter.js';
import type { Chart } from './chart.js';
import { counted, integer, milliseconds } from './format.js';

const rounded = (units: number) => Math.round(units * 10) / 10;

export function Usage() {
  const [calls, setCalls] = useState(measured);
  useEffect(() => onMeasured(() => setCalls(measured())), []);
  const units = calls.reduce((sum, call) => sum + call.units, 0);
  return (
    <section class="card usage" aria-label="Usage">
      <h1>What calls consumed and took</h1>
      {calls.length === 0 ? (
        <p class="faint">
          Nothing was called since this page was opened. Browse a table, or run something in the console.
        </p>
      ) : (
        <>
          <p class="summary" role="status">
            <b>{counted(calls.length, 'call')}</b>
            <span>{counted(rounded(units), 'capacity unit')}</span>
          </p>
          <Drawing calls={calls} />
          <Sums calls={calls} />
        </>
      )}
    </section>
  );
}

/** The chart; what it shows stands in the table below too. */
function Drawing({ calls }: { calls: readonly Measured[] }) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<Chart | undefined>(undefined);
  const latest = useRef(calls);
  latest.current = calls;
  useEffect(() => {
    let gone = false;
    void import('./chart.js').then(({ createChart }) => {
      if (!gone && place.current) chart.current = createChart(place.current, latest.current);
    });
    return () => {
      gone = true;
      chart.current?.destroy();
    };
  }, []);
  useEffect(() => chart.current?.setCalls(calls), [calls]);
  return (
    <div
      class="chart"
      ref={place}
      role="img"
      aria-label={`The capacity units and milliseconds of ${counted(calls.length, 'call')}`}
    />
  );
}

function Sums({ calls }: { calls: readonly Measured[] }) {
  return (
    <div class="scroll sums" tabIndex={0} role="region" aria-label="Sums by operation and table">
      <table>
        <thead>
          <tr>
            <th scope="col">Operation</th>
            <th scope="col">Table</th>
            <th scope="col" class="number">
              Calls
            </th>
            <th scope="col" class="number">
              Capacity units
            </th>
            <th scope="col" class="number">
              On average
            </th>
          </tr>
        </thead>
        <tbody>
          {sums(calls).map((sum) => (
            <tr key={`${sum.operation} ${sum.table}`}>
              <th scope="row">{sum.operation}</th>
              <td>{sum.table}</td>
              <td class="number">{integer(sum.calls)}</td>
              <td class="number">{rounded(sum.units)}</td>
              <td class="number">{milliseconds(sum.milliseconds / sum.calls)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
