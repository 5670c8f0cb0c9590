/** The newest `max` of a list with `entry` in front; an entry with the same sequence number is not added twice. */
export function prependRecent<T extends { seq: number }>(list: readonly T[], entry: T, max: number): T[] {
  if (list.some((known) => known.seq === entry.seq)) return list.slice();
  return [entry, ...list].sort((a, b) => b.seq - a.seq).slice(0, max);
}
