-- Readings of the city's terminals, for a cluster; one machine keeps them in DuckDB. One partition per month of the
-- phenomenon time; months far from the time of arrival share the default one. Times are ms UTC.
CREATE TABLE observations (
    id              bigint NOT NULL,
    stream          bigint NOT NULL,
    phenomenon_from bigint NOT NULL,
    lasting         bigint NOT NULL,  -- phenomenon_to - phenomenon_from
    result_time     bigint,
    received_at     bigint NOT NULL,
    number          double precision,
    result          text COLLATE "C",  -- JSON; NULL when the result is a number
    feature         bigint NOT NULL,
    quality         bigint NOT NULL,
    extra           text COLLATE "C"   -- JSON or NULL
) PARTITION BY RANGE (phenomenon_from);
CREATE INDEX observations_id ON observations (id);
CREATE INDEX observations_stream ON observations (stream, phenomenon_from, id);
CREATE TABLE observations_other PARTITION OF observations DEFAULT;

CREATE TABLE observation_keys (
    key         text COLLATE "C" PRIMARY KEY,
    fingerprint text COLLATE "C" NOT NULL,
    answer      text COLLATE "C" NOT NULL,
    seen        bigint NOT NULL
);
CREATE INDEX observation_keys_seen ON observation_keys (seen);

-- What is known of a stream without reading its rows; changed with them. Hot: room for updates in place.
CREATE TABLE observation_summaries (
    stream            bigint PRIMARY KEY,
    row_count         bigint NOT NULL,
    first_phenomenon  bigint NOT NULL,
    last_phenomenon   bigint NOT NULL,
    first_result_time bigint,
    last_result_time  bigint,
    greatest_id       bigint NOT NULL,
    latest_from       bigint NOT NULL,
    latest_id         bigint NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE observation_hours (
    stream bigint NOT NULL,
    hour   bigint NOT NULL,
    count  bigint NOT NULL,
    others bigint NOT NULL,
    sum    double precision NOT NULL,
    min    double precision,
    max    double precision,
    PRIMARY KEY (stream, hour)
);

-- The greatest id that was ever stored.
CREATE TABLE observation_marks (last_id bigint NOT NULL);
INSERT INTO observation_marks VALUES (0);
