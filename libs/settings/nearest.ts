const maxLength = 64;

/** The one of `names` that `written` is most likely meant to be, or undefined when none is near. */
export function nearest(written: string, names: readonly string[]): string | undefined {
  const [first = ''] = written.toLowerCase();
  const [best] = names
    .map((name) => ({
      name,
      distance: distance(written.toLowerCase(), name.toLowerCase()),
      // Seldom is the first letter wrong.
      otherStart: name.toLowerCase().startsWith(first) ? 0 : 1,
    }))
    .sort((one, two) => one.distance - two.distance || one.otherStart - two.otherStart);
  if (best === undefined || best.distance > Math.max(1, written.length / 3)) return undefined;
  return best.name;
}

/** Levenshtein's distance, of texts of up to 64 characters. */
function distance(one: string, other: string): number {
  if (one.length > maxLength || other.length > maxLength) return Infinity;
  let above = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let row = 0; row < one.length; row += 1) {
    const current = [row + 1];
    for (let column = 0; column < other.length; column += 1) {
      const replaced = (above[column] ?? 0) + (one[row] === other[column] ? 0 : 1);
      const removed = (above[column + 1] ?? 0) + 1;
      const added = (current[column] ?? 0) + 1;
      current.push(Math.min(replaced, removed, added));
    }
    above = current;
  }
  return above.at(-1) ?? Infinity;
}
