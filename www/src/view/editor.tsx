/** An editor of JSON: a plain text area until CodeMirror is there, so that nothing waits for it. */

import { useEffect, useRef, useState } from 'preact/hooks';
import type { Editor as CodeEditor } from './code-editor.js';

interface Props {
  label: string;
  text: string;
  /** Whether the text is what the editor told last: to write it again would undo what was typed since. */
  typed: boolean;
  members: string[];
  change: (text: string) => void;
  run: () => void;
}

export function Editor(props: Props) {
  const place = useRef<HTMLDivElement>(null);
  const editor = useRef<CodeEditor | undefined>(undefined);
  const latest = useRef(props);
  latest.current = props;
  const [ready, setReady] = useState(false);

  useEffect(() => {
    let gone = false;
    void import('./code-editor.js').then(({ createEditor }) => {
      if (gone || !place.current) return;
      editor.current = createEditor({
        parent: place.current,
        text: latest.current.text,
        label: props.label,
        members: () => latest.current.members,
        change: (text) => latest.current.change(text),
        run: () => latest.current.run(),
      });
      setReady(true);
    });
    return () => {
      gone = true;
      editor.current?.destroy();
    };
  }, []);
  useEffect(() => {
    if (!props.typed) editor.current?.setText(props.text);
  }, [props.text, props.typed]);

  return (
    <div class="editor" data-ready={ready}>
      <div ref={place} />
      {!ready && (
        <textarea
          aria-label={props.label}
          spellcheck={false}
          value={props.text}
          onInput={(event) => props.change(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) props.run();
          }}
        />
      )}
    </div>
  );
}
