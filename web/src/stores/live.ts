import { onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue';

import { followEvents, type LinkState } from '@/api/events';
import type { LiveEntry } from '@/api/types';
import { prependRecent } from '@/common/recent';

export interface LiveOptions {
  area?: Ref<string | undefined>;
  case?: Ref<string | undefined>;
  /** How many entries are kept, and asked for at the start. */
  keep: number;
  onEntry?: (entry: LiveEntry) => void;
}

/** Live entries, newest first, for as long as the calling component lives. A changed filter starts anew. */
export function useLive(options: LiveOptions): { entries: Ref<LiveEntry[]>; link: Ref<LinkState> } {
  const entries = shallowRef<LiveEntry[]>([]);
  const link = ref<LinkState>('connecting');
  let stop: (() => void) | undefined;

  const start = (): void => {
    stop?.();
    entries.value = [];
    stop = followEvents({
      last: options.keep,
      ...(options.area?.value ? { area: options.area.value } : {}),
      ...(options.case?.value ? { case: options.case.value } : {}),
      onEntry: (entry) => {
        entries.value = prependRecent(entries.value, entry, options.keep);
        options.onEntry?.(entry);
      },
      onState: (state) => (link.value = state),
    });
  };

  watch([() => options.area?.value, () => options.case?.value], start, { immediate: true });
  onScopeDispose(() => stop?.());
  return { entries, link };
}
