import type {
  Account, Action, Area, Case, CaseSummary, Category, City, Department, Dimension, Entry, Feed, FeedValue, FileStored,
  Funnel, Indicator, NamedPage, Page, Problem, Revealed, Scores, Session, Standard, Thing, ThingReadings, Workflow,
  WorkflowName,
} from './types';

/** Root of the API, relative to the page so that a proxy may add a path. */
export const apiRoot = new URL('api/v1', document.baseURI).href;

/** What a request may end with besides its answer: the server's problem, or no answer at all (status 0). */
export class ApiError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail || problem.title || problem.code);
    this.name = 'ApiError';
  }

  get status(): number {
    return this.problem.status;
  }
}

type Query = Record<string, string | number | boolean | undefined>;

interface Options {
  method?: 'GET' | 'POST' | 'DELETE';
  query?: Query | URLSearchParams;
  body?: unknown;
  raw?: Blob;
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
}

let acceptLanguage = 'zh';
let signedOut: () => void = () => undefined;

/** Language of the server's error texts from now on. */
export function setAcceptLanguage(language: string): void {
  acceptLanguage = language;
}

/** Called when the server no longer knows our session. */
export function onSignedOut(callback: () => void): void {
  signedOut = callback;
}

export function apiUrl(path: string, query?: Query | URLSearchParams): string {
  const parameters = query instanceof URLSearchParams ? query : new URLSearchParams();
  if (query && !(query instanceof URLSearchParams)) {
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined && value !== '') parameters.set(name, String(value));
    }
  }
  const text = parameters.toString();
  return `${apiRoot}${path}${text ? `?${text}` : ''}`;
}

function unanswered(cause: unknown): ApiError {
  const detail = cause instanceof Error ? cause.message : String(cause);
  return new ApiError({ type: 'about:blank', title: '', status: 0, code: 'no_answer', detail, request_id: '' });
}

async function problemOf(response: Response): Promise<Problem> {
  try {
    const body = (await response.json()) as Partial<Problem>;
    return {
      type: 'about:blank', title: response.statusText, code: `http_${response.status}`, request_id: '', ...body,
      status: response.status,
    };
  } catch {
    return {
      type: 'about:blank', title: response.statusText, status: response.status,
      code: `http_${response.status}`, request_id: '',
    };
  }
}

async function send(path: string, options: Options = {}): Promise<Response> {
  const headers: Record<string, string> = {
    Accept: 'application/json',
    'Accept-Language': acceptLanguage,
    ...options.headers,
  };
  // Answers depend on who asks: one that was kept from before signing in must not come back.
  const init: RequestInit = {
    method: options.method ?? 'GET', headers, credentials: 'same-origin', cache: 'no-store',
  };
  if (init.method !== 'GET') headers['X-Chengshu-CSRF'] = '1';
  if (options.raw) init.body = options.raw;
  if (options.body !== undefined) {
    headers['Content-Type'] = 'application/json';
    init.body = JSON.stringify(options.body);
  }
  if (options.signal) init.signal = options.signal;
  let response: Response;
  try {
    response = await fetch(apiUrl(path, options.query), init);
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause;
    throw unanswered(cause);
  }
  if (response.ok) return response;
  const problem = await problemOf(response);
  if (problem.status === 401 && path !== '/sessions' && path !== '/me') signedOut();
  throw new ApiError(problem);
}

async function json<T>(path: string, options?: Options): Promise<T> {
  return (await (await send(path, options)).json()) as T;
}

/** Longest list that is read whole: 20 pages of 200. */
const kPagesMax = 20;

/** All items of a list that is short by nature (areas below one, departments, standards of a category). */
async function whole<T>(path: string, query: Query): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < kPagesMax; page++) {
    const answer: Page<T> = await json<Page<T>>(path, { query: { ...query, limit: 200, cursor } });
    items.push(...answer.items);
    cursor = answer.next;
    if (!cursor) break;
  }
  return items;
}

const id = encodeURIComponent;

/** A key that makes a repeated request harmless. `crypto.randomUUID` is missing on plain-HTTP pages. */
export function newIdempotencyKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** A case and the version that a change must name. */
export interface VersionedCase {
  data: Case;
  version: string;
}

async function versioned(response: Response): Promise<VersionedCase> {
  const data = (await response.json()) as Case;
  return { data, version: response.headers.get('ETag') ?? `"${data.version}"` };
}

export const api = {
  city: () => json<City>('/city'),

  areas: (query: { parent?: string; level?: string }) => whole<Area>('/areas', query),
  categories: (query: Query, signal?: AbortSignal) =>
    json<Page<Category>>('/categories', { query, signal }),
  standards: (category: string) => whole<Standard>('/standards', { category }),
  departments: () => whole<Department>('/departments', {}),
  workflows: () => whole<WorkflowName>('/workflows', {}),
  workflow: (code: string) => json<Workflow>(`/workflows/${id(code)}`),

  cases: (query: URLSearchParams, signal?: AbortSignal) =>
    json<Page<CaseSummary>>('/cases', { query, signal }),
  casesCsvUrl: (query: URLSearchParams) => apiUrl('/cases.csv', query),
  case: async (number: string, signal?: AbortSignal) =>
    versioned(await send(`/cases/${id(number)}`, { signal })),
  timeline: (number: string) => whole<Entry>(`/cases/${id(number)}/timeline`, {}),
  actions: async (number: string) => (await json<Page<Action>>(`/cases/${id(number)}/actions`)).items,
  transition: async (
    number: string, body: Record<string, unknown>, guard: { key: string; version: string },
  ) => {
    const headers = { 'Idempotency-Key': guard.key, 'If-Match': guard.version };
    return versioned(await send(`/cases/${id(number)}/transitions`, { method: 'POST', body, headers }));
  },
  reveal: (number: string, reason: string) =>
    json<Revealed>(`/cases/${id(number)}/reveal`, { method: 'POST', body: { reason } }),

  attach: (file: Blob) => json<FileStored>('/attachments', { method: 'POST', raw: file }),
  attachmentUrl: (sha256: string) => apiUrl(`/attachments/${id(sha256)}`),

  funnel: (query: { area?: string; day?: string }, signal?: AbortSignal) =>
    json<Funnel>('/statistics/funnel', { query, signal }),
  scores: (query: Query, signal?: AbortSignal) =>
    json<Scores>('/statistics/scores', { query, signal }),

  pages: async () => (await json<Page<NamedPage>>('/pages')).items,
  indicators: async () => (await json<Page<Indicator>>('/indicators')).items,
  dimensions: async () => (await json<Page<Dimension>>('/dimensions')).items,
  feed: (query: URLSearchParams, signal?: AbortSignal) => json<Feed>('/feed', { query, signal }),
  feedValue: (query: Query, signal?: AbortSignal) => json<FeedValue>('/feed/value', { query, signal }),

  things: (query: { area?: string; type?: string }) => whole<Thing>('/things', query),
  readings: (thing: string, hours: number, signal?: AbortSignal) =>
    json<ThingReadings>(`/things/${id(thing)}/readings`, { query: { hours }, signal }),

  me: () => json<Account>('/me'),
  signIn: (login: string, password: string) =>
    json<Session>('/sessions', { method: 'POST', body: { login, password } }),
  signOut: async () => {
    await send('/sessions/current', { method: 'DELETE' });
  },

  tilesUrl: () => `${apiRoot}/tiles/{z}/{x}/{y}.mvt`,
};
