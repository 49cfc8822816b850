-- The key store: a database of its own, so that the services' backups hold no key and its own can expire sooner (within 30
-- days: what is destroyed here must not come back from an old copy). Idempotent: `migrate` of each service that seals runs it.
-- {app} is the runtime role. It may not delete: of a destroyed key the row stays, so that nobody gets a second one.

GRANT USAGE ON SCHEMA public TO {app};

-- Which master key wraps now. One row.
CREATE TABLE IF NOT EXISTS master (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    key_id   text NOT NULL
);
GRANT SELECT, INSERT, UPDATE ON master TO {app};

-- The key of a school, or of a district; wrapped by a master key. A rotation changes it in place and counts the version.
CREATE TABLE IF NOT EXISTS wrapping_key (
    id            uuid PRIMARY KEY,
    district_id   uuid NOT NULL,
    version       int NOT NULL,
    master_key_id text NOT NULL,
    wrapped       bytea NOT NULL
);
GRANT SELECT, INSERT, UPDATE ON wrapping_key TO {app};

-- The key of a student, or of a district (for blind indexes); wrapped by a wrapping key. Without both when destroyed.
CREATE TABLE IF NOT EXISTS data_key (
    id           uuid PRIMARY KEY,
    district_id  uuid NOT NULL,
    wrapped_by   uuid REFERENCES wrapping_key,
    wrapped      bytea,
    made_at      timestamptz NOT NULL DEFAULT now(),
    destroyed_at timestamptz,
    CHECK (num_nulls(wrapped_by, wrapped) = CASE WHEN destroyed_at IS NULL THEN 0 ELSE 2 END)
);
CREATE INDEX IF NOT EXISTS data_key_wrapped_by ON data_key (wrapped_by);
GRANT SELECT, INSERT, UPDATE ON data_key TO {app};

-- An update leaves the old row behind until vacuum: here, that is a key that was destroyed.
ALTER TABLE wrapping_key SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 0);
ALTER TABLE data_key SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 0);
