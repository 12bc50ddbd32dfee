/** The rows of a long table that are in sight: the others are room above and below. */

import { elementScroll, observeElementOffset, observeElementRect, Virtualizer } from '@tanstack/virtual-core';
import type { RefObject } from 'preact';
import { useLayoutEffect, useMemo, useReducer } from 'preact/hooks';

/** Tables up to this long are drawn whole. */
const WHOLE = 300;
const ROW_HEIGHT = 32;

export interface Rows {
  /** Places of the rows to draw. */
  shown: number[];
  /** Pixels above and below them. */
  before: number;
  after: number;
}

export function useVirtualRows(scroll: RefObject<HTMLElement | null>, count: number): Rows {
  const [, draw] = useReducer((turn: number) => turn + 1, 0);
  const virtualizer = useMemo(
    () =>
      new Virtualizer<HTMLElement, HTMLElement>({
        count,
        enabled: count > WHOLE,
        getScrollElement: () => scroll.current,
        estimateSize: () => ROW_HEIGHT,
        overscan: 12,
        observeElementRect,
        observeElementOffset,
        scrollToFn: elementScroll,
        onChange: () => draw(undefined),
      }),
    [count],
  );
  useLayoutEffect(() => virtualizer._didMount(), [virtualizer]);
  useLayoutEffect(() => virtualizer._willUpdate());
  if (count <= WHOLE) return { shown: Array.from({ length: count }, (_, at) => at), before: 0, after: 0 };
  const items = virtualizer.getVirtualItems();
  const first = items[0];
  const last = items.at(-1);
  return {
    shown: items.map(({ index }) => index),
    before: first?.start ?? 0,
    after: last ? virtualizer.getTotalSize() - last.end : virtualizer.getTotalSize(),
  };
}
