import { onScopeDispose, ref, shallowRef, watch, type Ref, type WatchSource } from 'vue';

export interface Loaded<T> {
  data: Ref<T | undefined>;
  error: Ref<unknown>;
  loading: Ref<boolean>;
  reload: () => Promise<void>;
}

/**
 * Reads something, again whenever a source changes. An older answer never replaces a newer one; the old data stay
 * while the new are read.
 */
export function useLoaded<T>(
  read: (signal: AbortSignal) => Promise<T>, sources: WatchSource[] = [],
): Loaded<T> {
  const data = shallowRef<T>();
  const error = ref<unknown>();
  const loading = ref(false);
  let current: AbortController | undefined;

  const reload = async (): Promise<void> => {
    current?.abort();
    const mine = new AbortController();
    current = mine;
    loading.value = true;
    try {
      const answer = await read(mine.signal);
      if (current !== mine) return;
      data.value = answer;
      error.value = undefined;
    } catch (cause) {
      if (current !== mine) return;
      error.value = cause;
    }
    loading.value = false;
  };

  watch(sources, () => void reload(), { immediate: true });
  onScopeDispose(() => {
    current?.abort();
    current = undefined;
  });
  return { data, error, loading, reload };
}
