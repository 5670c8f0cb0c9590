-- The local day of the closing mark, for what is counted on it. Of cases that are there already it is filled in, together
-- with what is counted, by `chengshu verify --repair`.
ALTER TABLE cases ADD COLUMN closed_day integer;
CREATE INDEX cases_closed ON cases (closed_day, area_1, reported_at, id) WHERE closed_day IS NOT NULL;
