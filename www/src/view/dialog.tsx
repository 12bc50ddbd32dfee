/** Modal dialogs on the browser's own element: focus stays inside, Escape closes. */

import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';

export function Dialog(props: {
  title: string;
  wide?: boolean;
  close: () => void;
  children: ComponentChildren;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const title = useId();
  useEffect(() => {
    const element = dialog.current!;
    const before = document.activeElement;
    element.showModal();
    return () => {
      element.close();
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      class={props.wide ? 'wide' : undefined}
      aria-labelledby={title}
      onCancel={(event) => {
        event.preventDefault();
        props.close();
      }}
    >
      <header>
        <h2 id={title}>{props.title}</h2>
        <button type="button" class="quiet icon" aria-label="Close" onClick={props.close}>
          ✕
        </button>
      </header>
      {props.children}
    </dialog>
  );
}

/** Asks before something that cannot be taken back. */
export function Confirm(props: {
  title: string;
  action: string;
  run: () => Promise<void>;
  close: () => void;
  children: ComponentChildren;
}) {
  const { busy, error, attempt } = useAttempt();
  const submit = (event: Event) => {
    event.preventDefault();
    void attempt(async () => {
      await props.run();
      props.close();
    });
  };
  return (
    <Dialog title={props.title} close={props.close}>
      <form onSubmit={submit}>
        <div class="content">
          {props.children}
          <ErrorText error={error} />
        </div>
        <footer>
          <button type="button" onClick={props.close} autofocus>
            Cancel
          </button>
          <button type="submit" class="danger" disabled={busy}>
            {props.action}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}

/** Gives its element the focus when it comes, for what comes later than its dialog. */
export function useFocus<E extends HTMLElement>() {
  const element = useRef<E>(null);
  useEffect(() => element.current?.focus(), []);
  return element;
}

/** Runs actions one at a time and keeps the last error. */
export function useAttempt() {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Error>();
  const attempt = async (action: () => Promise<void>) => {
    if (busy) return;
    setBusy(true);
    setError(undefined);
    try {
      await action();
    } catch (caught) {
      setError(caught instanceof Error ? caught : new Error(String(caught)));
    } finally {
      setBusy(false);
    }
  };
  return { busy, error, attempt };
}

/** An error in the engine's own words. */
export function ErrorText(props: { error: Error | undefined }) {
  if (!props.error) return null;
  return (
    <p class="error" role="alert">
      <b>{props.error.name}</b> {props.error.message}
    </p>
  );
}
