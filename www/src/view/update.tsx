/** Offers the newer version of the page. */

import { useEffect, useState } from 'preact/hooks';
import { keepOffline } from '../offline/register.js';

export function Update() {
  const [take, setTake] = useState<() => void>();
  useEffect(() => void keepOffline((ready) => setTake(() => ready)), []);
  if (!take) return null;
  return (
    <p class="update" role="status">
      A newer version of this page is here. <button onClick={take}>Reload with it</button>
    </p>
  );
}
