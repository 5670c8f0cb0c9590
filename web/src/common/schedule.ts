/** Runs `action` at most once per `intervalMs`, at the end of the interval; `cancel` drops what is waiting. */
export function throttleTrailing(action: () => void, intervalMs: number): { call: () => void; cancel: () => void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return {
    call: () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        action();
      }, intervalMs);
    },
    cancel: () => {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}

/** Runs `action` after `delayMs` without another call. */
export function debounce<A extends unknown[]>(action: (...values: A) => void, delayMs: number): (...values: A) => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return (...values: A) => {
    clearTimeout(timer);
    timer = setTimeout(() => action(...values), delayMs);
  };
}
