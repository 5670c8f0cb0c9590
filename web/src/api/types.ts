// Shapes of the server's answers. See web/README.md for how they are kept equal to the OpenAPI document.

/** A text for people, in both languages; either may be empty. */
export interface Label {
  zh: string;
  en: string;
}

export interface Named {
  code: string;
  name: Label;
}

export interface Page<T> {
  items: T[];
  next?: string;
}

export interface Problem {
  type: string;
  title: string;
  status: number;
  code: string;
  detail?: string;
  field?: string;
  request_id?: string;
}

export interface City {
  code: string;
  name: Label;
  time_zone: string;
  /** west, south, east, north */
  extent?: [number, number, number, number];
  levels: Named[];
  code_sets: string[];
  generated: boolean;
  notice?: Label;
  /** Local day of the newest report in the store; absent in an empty store. */
  day?: string;
  revision: string;
}

export interface Area {
  code: string;
  parent: string;
  level: string;
  name: Label;
  schematic: boolean;
  has_children: boolean;
}

export interface Category {
  id: string;
  code_set: string;
  kind: string;
  code: string;
  name: Label;
}

export interface Limit {
  value: number;
  unit: string;
}

export interface Standard {
  code: string;
  category: string;
  condition: Label;
  limit?: Limit;
  closing: Label;
  automatic: boolean;
}

export interface Department {
  code: string;
  name: Label;
}

export interface State extends Named {
  /** intake, dispatch, handle, check, suspended or done */
  phase?: string;
}

export interface Workflow {
  code: string;
  name: Label;
  states?: State[];
}

export interface Post {
  code: string;
  kind: string;
  name: Label;
}

export interface Account {
  login: string;
  name: Label;
  posts: Post[];
  /** What the posts allow. */
  permissions?: string[];
}

export interface CaseSummary {
  id: string;
  version: number;
  state: State;
  /** Absent until a person has chosen one. */
  category?: { id: string; code: string; name: Label };
  area_path: AreaStep[];
  department?: Department;
  source: string;
  address?: string;
  description?: string;
  reported_at: string;
  due?: string;
  overdue: boolean;
  closed_at?: string;
  generated: boolean;
}

export interface AreaStep {
  code: string;
  level: string;
  name: Label;
}

export interface Clock {
  code: string;
  name: Label;
  limit?: Limit;
  started: string;
  due?: string;
  stopped?: string;
  paused: boolean;
  overdue: boolean;
  exempt: boolean;
  extensions: number;
}

export interface Attachment {
  sha256: string;
  kind: string;
  media_type: string;
  size: number;
}

export interface Reporter {
  name?: string;
  phone?: string;
  email?: string;
  account?: string;
}

export interface Case extends CaseSummary {
  /** False: this is the public view. */
  inner: boolean;
  workflow: string;
  standard?: Standard;
  lon?: number;
  lat?: number;
  component?: string;
  assisting: Department[];
  holder?: { post_kind?: string; account?: string };
  result?: string;
  can_reveal: boolean;
  resume_at?: string;
  clocks: Clock[];
  counters: Record<string, number>;
  flags: string[];
  parent?: string;
  children: string[];
  filed_at?: string;
  dispatched_at?: string;
  handled_at?: string;
  attachments: Attachment[];
  reporter?: Reporter;
}

export interface Actor {
  kind: 'person' | 'system' | 'public';
  account?: string;
  name?: Label;
  post?: Named;
}

export interface Entry {
  seq: number;
  at: string;
  action: Named;
  from?: State;
  to?: State;
  actor: Actor;
  automatic: boolean;
  reason?: Label;
  rule?: string;
  confidence?: number;
  changes?: Record<string, unknown>;
}

/** What a live event carries: the entry and enough of its case to show it. */
export interface LiveEntry extends Entry {
  case_id: string;
  state?: State;
  category?: Label;
  area?: Label;
  source: string;
  generated: boolean;
  lon?: number;
  lat?: number;
}

/** Something the caller must or may give with an action. */
export interface Need {
  name: string;
  required: boolean;
  /** The allowed answers, where they are few. */
  one_of?: string[];
}

export interface Action {
  code: string;
  name: Label;
  needs: Need[];
  to: string;
}

export interface FunnelMeasure {
  code: string;
  name: Label;
  value: number;
  /** Address of the list of exactly these cases, below the API's root. */
  cases: string;
}

export interface SourceCount {
  code: string;
  name: Label;
  reported: number;
  filed: number;
  closed: number;
  closing_rate?: number;
}

export interface Funnel {
  day: string;
  area: string;
  measures: FunnelMeasure[];
  sources: SourceCount[];
}

export interface Grade {
  code: string;
  name: Label;
  colour: string;
}

export interface Score {
  subject: Named;
  /** Rank; equal scores share it. */
  place?: number;
  score?: number;
  raw_score?: number;
  grade?: Grade;
  terms: Record<string, number>;
  measures: Record<string, number>;
  /** Measure code → address of the list of the cases behind it. */
  cases: Record<string, string>;
}

export interface Formula extends Named {
  unit: string;
  expression: string;
  source: string;
  terms: (Named & { expression: string })[];
}

export interface Scores {
  formula: Formula;
  /** That could be asked for. */
  formulas: Named[];
  measure_names: Record<string, Label>;
  items: Score[];
}
