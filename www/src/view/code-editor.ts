/** CodeMirror for JSON, with completion of a request's members. Loaded when the console is first opened. */

import { autocompletion, completionKeymap, type CompletionContext } from '@codemirror/autocomplete';
import { json } from '@codemirror/lang-json';
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { EditorState } from '@codemirror/state';
import { EditorView, keymap } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { minimalSetup } from 'codemirror';

const COLOURS = HighlightStyle.define([
  { tag: tags.propertyName, color: 'var(--accent)' },
  { tag: tags.string, color: 'var(--good)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--warn)' },
]);

export interface Editor {
  setText(text: string): void;
  focus(): void;
  destroy(): void;
}

export function createEditor(options: {
  parent: HTMLElement;
  text: string;
  label: string;
  members: () => string[];
  change: (text: string) => void;
  run: () => void;
}): Editor {
  const complete = (context: CompletionContext) => {
    const word = context.matchBefore(/"[\w]*/);
    if (!word && !context.explicit) return null;
    return {
      from: word?.from ?? context.pos,
      options: options
        .members()
        .map((name) => ({ label: `"${name}"`, apply: `"${name}": `, type: 'property' })),
      validFor: /^"\w*$/,
    };
  };
  const view = new EditorView({
    parent: options.parent,
    state: EditorState.create({
      doc: options.text,
      extensions: [
        keymap.of([{ key: 'Mod-Enter', run: () => (options.run(), true) }, ...completionKeymap]),
        minimalSetup,
        json(),
        syntaxHighlighting(COLOURS),
        autocompletion({ override: [complete] }),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ 'aria-label': options.label, id: 'console-text' }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) options.change(update.state.doc.toString());
        }),
      ],
    }),
  });
  return {
    setText(text) {
      if (text === view.state.doc.toString()) return;
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
    },
    focus: () => view.focus(),
    destroy: () => view.destroy(),
  };
}
