import { onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue';

import { followFeed, type LinkState } from '@/api/events';
import type { Feed } from '@/api/types';
import { mergeCells } from '@/common/figures';

import { cityNow } from './city';

export interface LiveFeed {
  /** The values as they are now, or were when the connection was lost; undefined until the first come. */
  feed: Ref<Feed | undefined>;
  link: Ref<LinkState>;
  /** Since when nothing can have come, by the city's clock; undefined while the stream is open. */
  lostAt: Ref<number | undefined>;
  /** Why the server will not give these values. */
  error: Ref<unknown>;
  again: () => void;
}

/** The values of a page for as long as the calling component lives. Another query begins anew; undefined: none yet. */
export function useFeed(query: Ref<string | undefined>): LiveFeed {
  const feed = shallowRef<Feed>();
  const link = ref<LinkState>('connecting');
  const lostAt = ref<number>();
  const error = ref<unknown>();
  let stop: (() => void) | undefined;

  const again = (): void => {
    stop?.();
    stop = undefined;
    feed.value = undefined;
    error.value = undefined;
    lostAt.value = undefined;
    if (query.value === undefined) return;
    stop = followFeed({
      query: new URLSearchParams(query.value),
      onValues: (values) => {
        feed.value = values;
        // Read once between two streams.
        if (lostAt.value !== undefined) lostAt.value = cityNow();
      },
      onChanges: ({ sequence, journal, cells }) => {
        if (feed.value?.cells) feed.value = { ...feed.value, sequence, journal, cells: mergeCells(feed.value.cells, cells) };
      },
      onState: (state) => {
        link.value = state;
        lostAt.value = state === 'live' ? undefined : lostAt.value ?? (state === 'waiting' ? cityNow() : undefined);
      },
      onRefused: (cause) => {
        feed.value = undefined;
        error.value = cause;
      },
    });
  };

  watch(query, again, { immediate: true });
  onScopeDispose(() => stop?.());
  return { feed, link, lostAt, error, again };
}
