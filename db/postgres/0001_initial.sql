-- The store of one city. Times are milliseconds UTC, days YYYYMMDD in the city's zone. Texts sort by bytes, as in
-- SQLite, so that both stores give the same order. Columns that are empty for many rows hold NULL then, so that
-- partial indexes can leave those rows out.

CREATE TABLE counters (
    name  text COLLATE "C" PRIMARY KEY,
    value bigint NOT NULL
) WITH (fillfactor = 10);
INSERT INTO counters VALUES ('cases', 0);

-- Room in each page lets a change that touches no indexed column stay in its page (HOT).
CREATE TABLE cases (
    id           bigint PRIMARY KEY,
    version      bigint NOT NULL,
    state        text COLLATE "C" NOT NULL,
    is_open      smallint NOT NULL,
    workflow     text COLLATE "C" NOT NULL,
    category     text COLLATE "C" NOT NULL,
    path         text COLLATE "C" NOT NULL,
    area_1       text COLLATE "C",
    area_2       text COLLATE "C",
    department   text COLLATE "C",
    queue        text COLLATE "C",
    holder       text COLLATE "C",
    source       text COLLATE "C" NOT NULL,
    collector    text COLLATE "C",
    reported_at  bigint NOT NULL,
    updated_at   bigint NOT NULL,
    reported_day integer NOT NULL,
    filed_day    integer,
    next_timer   bigint,
    facts        bigint NOT NULL,
    lon          double precision,
    lat          double precision,
    cell         bigint,
    parent       bigint,
    body         text COMPRESSION lz4 COLLATE "C" NOT NULL
) WITH (fillfactor = 85);

-- Lists are ordered by (reported_at, id) descending; an index on (x, reported_at, id) gives the list of one x in
-- that order without sorting. The comment names the question that an index answers.

-- newest cases; a period; any filter below that has no index of its own
CREATE INDEX cases_time ON cases (reported_at, id);
-- cases of a district; of a street (deeper areas: filter on path within a walk by time)
CREATE INDEX cases_area_1 ON cases (area_1, reported_at, id) WHERE area_1 IS NOT NULL;
CREATE INDEX cases_area_2 ON cases (area_2, reported_at, id) WHERE area_2 IS NOT NULL;
-- everything a department ever had; and what it has to do now
CREATE INDEX cases_department ON cases (department, reported_at, id) WHERE department IS NOT NULL;
CREATE INDEX cases_open_department ON cases (department, reported_at, id) WHERE is_open = 1;
-- the queue of a kind of post
CREATE INDEX cases_open_queue ON cases (queue, reported_at, id) WHERE is_open = 1;
-- all open cases; a district's open cases
CREATE INDEX cases_open ON cases (reported_at, id) WHERE is_open = 1;
-- cases in one state, however rare
CREATE INDEX cases_state ON cases (state, reported_at, id);
-- cases of a category
CREATE INDEX cases_category ON cases (category, reported_at, id);
-- near a point, and candidates for duplicates: cell = ? AND category = ? AND reported_at >= ?
CREATE INDEX cases_cell ON cases (cell, category, reported_at, id) WHERE cell IS NOT NULL;
-- drill-down from a day's statistics
CREATE INDEX cases_filed ON cases (filed_day, area_1, reported_at, id) WHERE filed_day IS NOT NULL;
-- a collector's own reports; what an account has claimed; the parts of a merged case
CREATE INDEX cases_collector ON cases (collector, reported_at, id) WHERE collector IS NOT NULL;
CREATE INDEX cases_holder ON cases (holder, reported_at, id) WHERE holder IS NOT NULL;
CREATE INDEX cases_parent ON cases (parent, reported_at, id) WHERE parent IS NOT NULL;
-- reminders, overdue, resume: earliest first
CREATE INDEX cases_timer ON cases (next_timer, id) WHERE next_timer IS NOT NULL;

-- Full text apart from the cases: every change of a case would otherwise write all its terms into the index again. The
-- planner takes case_terms_match for rare terms and walks case_terms_time for common ones.
CREATE TABLE case_terms (
    id          bigint PRIMARY KEY,
    reported_at bigint NOT NULL,
    terms       tsvector NOT NULL
);
CREATE INDEX case_terms_match ON case_terms USING gin (terms) WITH (fastupdate = on);
CREATE INDEX case_terms_time ON case_terms (reported_at, id);

CREATE TABLE reports (
    id          bigint PRIMARY KEY,
    case_id     bigint,
    source      text COLLATE "C" NOT NULL,
    state       text COLLATE "C" NOT NULL,
    external_id text COLLATE "C",
    received_at bigint NOT NULL,
    body        text COLLATE "C" NOT NULL,
    reporter    text COLLATE "C" NOT NULL
);
-- the reports of a case
CREATE INDEX reports_case ON reports (case_id, id) WHERE case_id IS NOT NULL;
-- a sender's own id is taken once
CREATE UNIQUE INDEX reports_external ON reports (source, external_id) WHERE external_id IS NOT NULL;

CREATE TABLE journal (
    seq     bigint PRIMARY KEY,
    at      bigint NOT NULL,
    case_id bigint,
    type    text COLLATE "C" NOT NULL,
    actor   text COLLATE "C" NOT NULL,
    body    text COMPRESSION lz4 COLLATE "C" NOT NULL
);
-- the time line of a case
CREATE INDEX journal_case ON journal (case_id, seq) WHERE case_id IS NOT NULL;

-- "amounts" are decimal integers separated by commas, by measure bit. Today's rows are rewritten all the time.
CREATE TABLE cells (
    kind    text COLLATE "C" NOT NULL,
    subject text COLLATE "C" NOT NULL,
    day     integer NOT NULL,
    amounts text COLLATE "C" NOT NULL,
    PRIMARY KEY (kind, subject, day)
) WITH (fillfactor = 50);
-- all subjects of a kind in a period; with the subject, so that it is never a worse way to one cell than the key
CREATE INDEX cells_day ON cells (kind, day, subject);

CREATE TABLE documents (
    kind text COLLATE "C" NOT NULL,
    id   text COLLATE "C" NOT NULL,
    body text COLLATE "C" NOT NULL,
    PRIMARY KEY (kind, id)
);

CREATE TABLE idempotency (
    key         text COLLATE "C" PRIMARY KEY,
    fingerprint text COLLATE "C" NOT NULL,
    response    text COMPRESSION lz4 COLLATE "C" NOT NULL,
    at          bigint NOT NULL
);
-- forgetting the oldest
CREATE INDEX idempotency_at ON idempotency (at);

-- Ends the transaction when fewer cases than expected had the expected version: the commit is sent in one
-- piece, so nobody else could look before COMMIT.
CREATE FUNCTION expect_changed(changed bigint, expected bigint) RETURNS bigint LANGUAGE plpgsql AS $body$
BEGIN
    IF changed <> expected THEN
        RAISE EXCEPTION '% of % cases have another version than expected, or do not exist',
            expected - changed, expected USING ERRCODE = 'CS001';
    END IF;
    RETURN changed;
END
$body$;
