-- The rows of one upload as they stand in its files, for the time of one transaction. COPY does not work on tables under
-- row-level security; these are the session's own.

-- Whole tables are joined here. Behind row-level security the planner takes the stored ones for far smaller than they are and would walk
-- through them in nested loops (measured: 8 s instead of 0.5).
SET LOCAL enable_nestloop = off;
SET LOCAL work_mem = '64MB';
SET LOCAL jit = off;
-- Looking at 3,000 rows of a table tells its size and its common values; the usual 30,000 took a tenth of the whole check.
SET LOCAL default_statistics_target = 10;

CREATE TEMP TABLE in_org (line int, source_id text, name text, type text, code text, good bool) ON COMMIT DROP;
CREATE TEMP TABLE in_session (
    line int, source_id text, title text, type text, starts_on date, ends_on date, parent text, good bool) ON COMMIT DROP;
CREATE TEMP TABLE in_course (line int, source_id text, title text, good bool) ON COMMIT DROP;
CREATE TEMP TABLE in_class (
    line int, source_id text, title text, homeroom bool, school text, grade text, course text, subject text, good bool)
    ON COMMIT DROP;
CREATE TEMP TABLE in_user (
    line int, source_id text, role text, enabled bool, orgs text[], family_name text, given_name text, number text, phone text,
    email text, agents text[], grade text, good bool) ON COMMIT DROP;
CREATE TEMP TABLE in_demographic (line int, source_id text, birth_date date, sex text, good bool) ON COMMIT DROP;
CREATE TEMP TABLE in_enrollment (
    line int, class text, school text, "user" text, role text, is_primary bool, starts_on date, ends_on date, good bool)
    ON COMMIT DROP;

-- What was found wrong with them beyond the single row; see RosterTexts for the codes.
CREATE TEMP TABLE fault (file text, line int, "column" text, code text, value text, detail text) ON COMMIT DROP;
CREATE TEMP TABLE note (file text, code text, value text, detail text) ON COMMIT DROP;
