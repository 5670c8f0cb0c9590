import { ApiError, api, apiUrl } from './client';
import type { Feed, FeedChanges, LiveEntry } from './types';

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

interface Stream {
  url: () => string;
  /** What is done with the data of each event, by its name. */
  on: Record<string, (data: string) => void>;
  onState: (state: LinkState) => void;
  /** The server has refused the stream. True: it is no use to try again. */
  refused?: () => Promise<boolean>;
}

/**
 * The browser itself resumes a dropped stream with Last-Event-ID; where it gives up (a refusal, a restart of the server
 * behind a proxy) we open a new one. Returns a function that ends it.
 */
function followStream({ url, on, onState, refused }: Stream): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let retryMs = kRetryFirstMs;
  let ended = false;

  const open = (): void => {
    onState('connecting');
    source = new EventSource(url());
    source.addEventListener('open', () => {
      retryMs = kRetryFirstMs;
      onState('live');
    });
    for (const [name, take] of Object.entries(on)) {
      source.addEventListener(name, (event: MessageEvent<string>) => take(event.data));
    }
    source.addEventListener('error', () => {
      if (ended) return;
      onState('waiting');
      if (source?.readyState === EventSource.CLOSED) void again();
    });
  };
  const again = async (): Promise<void> => {
    if ((await refused?.()) || ended) return;
    timer = setTimeout(open, retryMs);
    retryMs = Math.min(retryMs * 2, kRetryMaxMs);
  };

  open();
  return () => {
    ended = true;
    clearTimeout(timer);
    source?.close();
  };
}

/** Follows committed changes; a new stream begins after the last entry seen. Returns a function that ends it. */
export function followEvents(options: EventsOptions): () => void {
  let after = options.after;
  return followStream({
    url: () => {
      const from = after !== undefined ? { after } : { last: options.last };
      return apiUrl('/events', { ...from, area: options.area, case: options.case });
    },
    on: {
      entry: (data) => {
        const entry = JSON.parse(data) as LiveEntry;
        // A resumed stream may repeat its first entry.
        if (after !== undefined && entry.seq <= after) return;
        after = entry.seq;
        options.onEntry(entry);
      },
    },
    onState: options.onState,
  });
}

export interface FeedOptions {
  query: URLSearchParams;
  onValues: (feed: Feed) => void;
  onChanges: (changes: FeedChanges) => void;
  onState: (state: LinkState) => void;
  /** The server will not give these values however often it is asked. */
  onRefused: (error: ApiError) => void;
}

/** Follows the values of a page. Returns a function that ends it. */
export function followFeed(options: FeedOptions): () => void {
  return followStream({
    url: () => apiUrl('/feed', options.query),
    on: {
      values: (data) => options.onValues(JSON.parse(data) as Feed),
      changes: (data) => options.onChanges(JSON.parse(data) as FeedChanges),
    },
    onState: options.onState,
    // A stream does not say why it is refused; the same address, read once, does.
    refused: async () => {
      try {
        options.onValues(await api.feed(options.query));
        return false;
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        const final = error.status >= 400 && error.status < 500 && error.status !== 429;
        if (final) options.onRefused(error);
        return final;
      }
    },
  });
}
