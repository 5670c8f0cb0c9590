-- The store of one city in one file. Times are milliseconds UTC, days YYYYMMDD in the city's zone.
-- Columns that are empty for many rows hold NULL then, so that partial indexes can leave those rows out.

CREATE TABLE counters (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO counters VALUES ('cases', 0);

-- The document comes last: filters on the other columns never read past it.
CREATE TABLE cases (
    id           INTEGER PRIMARY KEY,
    version      INTEGER NOT NULL,
    state        TEXT NOT NULL,
    is_open      INTEGER NOT NULL,
    workflow     TEXT NOT NULL,
    category     TEXT NOT NULL,
    path         TEXT NOT NULL,
    area_1       TEXT,
    area_2       TEXT,
    department   TEXT,
    queue        TEXT,
    holder       TEXT,
    source       TEXT NOT NULL,
    collector    TEXT,
    reported_at  INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    reported_day INTEGER NOT NULL,
    filed_day    INTEGER,
    next_timer   INTEGER,
    facts        INTEGER NOT NULL,
    lon          REAL,
    lat          REAL,
    cell         INTEGER,
    parent       INTEGER,
    text_row     INTEGER,
    body         TEXT NOT NULL
);

-- Lists are ordered by (reported_at, id) descending. Every index ends with the row's id by itself, so an index
-- on (x, reported_at) gives the list of one x in that order without sorting. Each index costs on every
-- insert, and on every change of its columns; the comment names the question it answers.

-- newest cases; a period; any filter below that has no index of its own
CREATE INDEX cases_time ON cases (reported_at);
-- cases of a district; of a street (deeper areas: filter on path within a walk by time)
CREATE INDEX cases_area_1 ON cases (area_1, reported_at) WHERE area_1 IS NOT NULL;
CREATE INDEX cases_area_2 ON cases (area_2, reported_at) WHERE area_2 IS NOT NULL;
-- everything a department ever had; and what it has to do now
CREATE INDEX cases_department ON cases (department, reported_at) WHERE department IS NOT NULL;
CREATE INDEX cases_open_department ON cases (department, reported_at) WHERE is_open = 1;
-- the queue of a kind of post
CREATE INDEX cases_open_queue ON cases (queue, reported_at) WHERE is_open = 1;
-- all open cases; a district's open cases
CREATE INDEX cases_open ON cases (reported_at) WHERE is_open = 1;
-- cases in one state, however rare
CREATE INDEX cases_state ON cases (state, reported_at);
-- cases of a category
CREATE INDEX cases_category ON cases (category, reported_at);
-- near a point, and candidates for duplicates: cell = ? AND category = ? AND reported_at >= ?
CREATE INDEX cases_cell ON cases (cell, category, reported_at) WHERE cell IS NOT NULL;
-- drill-down from a day's statistics
CREATE INDEX cases_filed ON cases (filed_day, area_1, reported_at) WHERE filed_day IS NOT NULL;
-- a collector's own reports; what an account has claimed; the parts of a merged case
CREATE INDEX cases_collector ON cases (collector, reported_at) WHERE collector IS NOT NULL;
CREATE INDEX cases_holder ON cases (holder, reported_at) WHERE holder IS NOT NULL;
CREATE INDEX cases_parent ON cases (parent, reported_at) WHERE parent IS NOT NULL;
-- reminders, overdue, resume: earliest first
CREATE INDEX cases_timer ON cases (next_timer) WHERE next_timer IS NOT NULL;

-- Full text. case_fts keeps nothing but the inverted index (no content, no positions, no lengths) and its
-- rowid is reported_at * 2^21 + a serial within the millisecond: matches stream out newest first, and a page of a
-- common word costs no more than a page of a rare one. case_text says which case a rowid is. When the terms of a
-- case change it gets a new rowid; the old one stays in the index and leads nowhere, which is cheaper than
-- keeping all terms for the sake of a deletion.
CREATE VIRTUAL TABLE case_fts USING fts5 (
    terms, content = '', detail = none, columnsize = 0, tokenize = 'ascii'
);
CREATE TABLE case_text (
    text_row INTEGER PRIMARY KEY,
    case_id  INTEGER NOT NULL
);

CREATE TABLE reports (
    id          INTEGER PRIMARY KEY,
    case_id     INTEGER,
    source      TEXT NOT NULL,
    state       TEXT NOT NULL,
    external_id TEXT,
    received_at INTEGER NOT NULL,
    body        TEXT NOT NULL,
    reporter    TEXT NOT NULL
);
-- the reports of a case
CREATE INDEX reports_case ON reports (case_id) WHERE case_id IS NOT NULL;
-- a sender's own id is taken once
CREATE UNIQUE INDEX reports_external ON reports (source, external_id) WHERE external_id IS NOT NULL;

CREATE TABLE journal (
    seq     INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    case_id INTEGER,
    type    TEXT NOT NULL,
    actor   TEXT NOT NULL,
    body    TEXT NOT NULL
);
-- the time line of a case
CREATE INDEX journal_case ON journal (case_id) WHERE case_id IS NOT NULL;

-- "amounts" are decimal integers separated by commas, by measure bit.
CREATE TABLE cells (
    kind    TEXT NOT NULL,
    subject TEXT NOT NULL,
    day     INTEGER NOT NULL,
    amounts TEXT NOT NULL,
    PRIMARY KEY (kind, subject, day)
) WITHOUT ROWID;
-- all subjects of a kind in a period
CREATE INDEX cells_day ON cells (kind, day);

CREATE TABLE documents (
    kind TEXT NOT NULL,
    id   TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE UNIQUE INDEX documents_key ON documents (kind, id);

CREATE TABLE idempotency (
    key         TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    response    TEXT NOT NULL,
    at          INTEGER NOT NULL
);
CREATE UNIQUE INDEX idempotency_key ON idempotency (key);
-- forgetting the oldest
CREATE INDEX idempotency_at ON idempotency (at);
