import { apiUrl } from './client';
import type { LiveEntry } from './types';

/** connecting: first attempt; live: open; waiting: lost, will be tried again by itself. */
export type LinkState = 'connecting' | 'live' | 'waiting';

export interface EventsOptions {
  /** Resume after this journal sequence number. */
  after?: number;
  /** Begin with this many of the newest entries; ignored when `after` is given. */
  last?: number;
  area?: string;
  case?: string;
  onEntry: (entry: LiveEntry) => void;
  onState: (state: LinkState) => void;
}

const kRetryFirstMs = 1_000;
const kRetryMaxMs = 30_000;

/**
 * Follows committed changes. The browser itself resumes a dropped stream with Last-Event-ID; where it gives up (a
 * refusal, a restart of the server behind a proxy) we open a new stream after the last entry seen. Returns a function
 * that ends it.
 */
export function followEvents(options: EventsOptions): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let after = options.after;
  let retryMs = kRetryFirstMs;
  let ended = false;

  const open = (): void => {
    options.onState('connecting');
    const from = after !== undefined ? { after } : { last: options.last };
    source = new EventSource(
      apiUrl('/events', { ...from, area: options.area, case: options.case }),
    );
    source.addEventListener('open', () => {
      retryMs = kRetryFirstMs;
      options.onState('live');
    });
    source.addEventListener('entry', (event: MessageEvent<string>) => {
      const entry = JSON.parse(event.data) as LiveEntry;
      // A resumed stream may repeat its first entry.
      if (after !== undefined && entry.seq <= after) return;
      after = entry.seq;
      options.onEntry(entry);
    });
    source.addEventListener('error', () => {
      if (ended) return;
      options.onState('waiting');
      if (source?.readyState !== EventSource.CLOSED) return;
      timer = setTimeout(open, retryMs);
      retryMs = Math.min(retryMs * 2, kRetryMaxMs);
    });
  };

  open();
  return () => {
    ended = true;
    clearTimeout(timer);
    source?.close();
  };
}
