// What a CPU profile of Chromium says: where the time went, by function.

/** The functions with the most time of their own, as lines; `share` is of the time that was not idle. */
export function hottest(profile, count = 30) {
  const names = new Map(profile.nodes.map((node) => [node.id, label(node.callFrame)]));
  const own = new Map();
  let busy = 0;
  profile.samples.forEach((id, i) => {
    const name = names.get(id);
    const ms = (profile.timeDeltas[i] ?? 0) / 1000;
    if (name === '(idle)' || name === '(program)' || ms < 0) return;
    own.set(name, (own.get(name) ?? 0) + ms);
    busy += ms;
  });
  return [...own]
    .sort((a, b) => b[1] - a[1])
    .slice(0, count)
    .map(
      ([name, ms]) =>
        `${((ms / busy) * 100).toFixed(1).padStart(6)} %  ${ms.toFixed(1).padStart(8)} ms  ${name}`,
    );
}

function label({ functionName, url, lineNumber }) {
  const name = functionName || '(anonymous)';
  return url ? `${name}  ${url.split('/').at(-1)}:${lineNumber + 1}` : name;
}
