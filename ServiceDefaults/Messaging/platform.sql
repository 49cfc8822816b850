-- What every service's database has beside its own tables. Idempotent: `migrate` runs it each time, as the owner.
-- {app} is the runtime role; it owns nothing and cannot bypass row-level security.

CREATE SCHEMA IF NOT EXISTS platform;
GRANT USAGE ON SCHEMA platform TO {app};

-- Events on their way out. The relay moves a row to event_log in the transaction in which the broker confirms it.
CREATE TABLE IF NOT EXISTS platform.outbox (
    position     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    message_id   uuid NOT NULL,
    name         text NOT NULL,
    district_id  uuid NOT NULL,
    school_id    uuid,
    aggregate_id uuid NOT NULL,
    version      bigint NOT NULL,
    occurred_at  timestamptz NOT NULL,
    traceparent  text,
    payload      text NOT NULL
);
-- A queue in a table lives by vacuum: dead rows at its head are what a relay would have to skip.
ALTER TABLE platform.outbox SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000,
    autovacuum_vacuum_cost_delay = 0, autovacuum_vacuum_insert_threshold = -1);
GRANT SELECT, INSERT, UPDATE, DELETE ON platform.outbox TO {app};

-- What was published, by day; kept longer than any restore window, so that a restored or later added service catches up.
CREATE TABLE IF NOT EXISTS platform.event_log (
    position     bigint NOT NULL,
    message_id   uuid NOT NULL,
    name         text NOT NULL,
    district_id  uuid NOT NULL,
    school_id    uuid,
    aggregate_id uuid NOT NULL,
    version      bigint NOT NULL,
    occurred_at  timestamptz NOT NULL,
    traceparent  text,
    payload      text NOT NULL,
    logged_on    date NOT NULL DEFAULT (now() AT TIME ZONE 'UTC')::date,
    PRIMARY KEY (logged_on, position)
) PARTITION BY RANGE (logged_on);
CREATE TABLE IF NOT EXISTS platform.event_log_other PARTITION OF platform.event_log DEFAULT;
GRANT SELECT, INSERT ON platform.event_log TO {app};

-- Which message has had its effect in which consumer: what makes every effect happen exactly once.
CREATE TABLE IF NOT EXISTS platform.inbox (
    consumer    text NOT NULL,
    message_id  uuid NOT NULL,
    received_on date NOT NULL DEFAULT (now() AT TIME ZONE 'UTC')::date,
    PRIMARY KEY (consumer, message_id)
);
CREATE INDEX IF NOT EXISTS inbox_received_on ON platform.inbox USING brin (received_on);
GRANT SELECT, INSERT, DELETE ON platform.inbox TO {app};

-- A message that no retry can help, set aside with its reason so that the others flow.
CREATE TABLE IF NOT EXISTS platform.parked_message (
    id           uuid PRIMARY KEY,
    consumer     text NOT NULL,
    message_id   uuid NOT NULL,
    name         text NOT NULL,
    district_id  uuid,
    school_id    uuid,
    payload      text NOT NULL,
    reason       text NOT NULL,
    parked_at    timestamptz NOT NULL,
    replayed_at  timestamptz,
    UNIQUE (consumer, message_id)
);
GRANT SELECT, INSERT, UPDATE ON platform.parked_message TO {app};

-- Idempotency-Key: the key and its effect are one transaction; the body is not kept.
CREATE TABLE IF NOT EXISTS platform.idempotency (
    client       text NOT NULL,
    route        text NOT NULL,
    key          text NOT NULL,
    request_hash bytea NOT NULL,
    status       smallint NOT NULL,
    resource_id  uuid,
    created_at   timestamptz NOT NULL,
    PRIMARY KEY (client, route, key)
);
CREATE INDEX IF NOT EXISTS idempotency_created_at ON platform.idempotency USING brin (created_at);
GRANT SELECT, INSERT, DELETE ON platform.idempotency TO {app};

-- Stored files that no row refers to: not yet, or not any more. What stays here for long is removed from the store.
CREATE TABLE IF NOT EXISTS platform.loose_file (
    id    uuid PRIMARY KEY,
    since timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS loose_file_since ON platform.loose_file (since);
GRANT SELECT, INSERT, UPDATE, DELETE ON platform.loose_file TO {app};

-- ALL-2: who did what to which thing; ids only. Append-only: the runtime role may neither change nor remove a row.
CREATE TABLE IF NOT EXISTS platform.audit (
    id             uuid PRIMARY KEY,
    at             timestamptz NOT NULL,
    actor          text NOT NULL,
    action         text NOT NULL,
    permission     text NOT NULL,
    district_id    uuid NOT NULL,
    school_id      uuid,
    subject_kind   text NOT NULL,
    subject_id     uuid,
    reason         text,
    correlation_id text NOT NULL,
    mac            bytea NOT NULL,
    -- The transaction that wrote the row: how the sealer finds rows that committed late, and only those.
    xid            xid8 NOT NULL DEFAULT pg_current_xact_id()
);
CREATE INDEX IF NOT EXISTS audit_subject ON platform.audit (subject_id, at);
CREATE INDEX IF NOT EXISTS audit_xid ON platform.audit (xid, id);
GRANT SELECT, INSERT ON platform.audit TO {app};
ALTER TABLE platform.audit ENABLE ROW LEVEL SECURITY;
ALTER TABLE platform.audit FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS append ON platform.audit;
CREATE POLICY append ON platform.audit FOR INSERT WITH CHECK (true);
DROP POLICY IF EXISTS tenant ON platform.audit;
CREATE POLICY tenant ON platform.audit FOR SELECT USING (
    school_id = ANY ((SELECT nullif(current_setting('app.schools', true), '')::uuid[])::uuid[])
    OR district_id = ANY ((SELECT nullif(current_setting('app.districts', true), '')::uuid[])::uuid[]));
-- Sealing and verifying need every row.
DROP POLICY IF EXISTS whole ON platform.audit;
CREATE POLICY whole ON platform.audit FOR SELECT USING ((SELECT current_setting('app.audit', true)) = 'whole');

-- The chain over the audit (R14): a seal for each row, each with the hash of the one before it, and the signed head of each
-- batch. Append-only; positions count from 1 without a gap.
CREATE TABLE IF NOT EXISTS platform.audit_seal (
    position bigint PRIMARY KEY,
    audit_id uuid NOT NULL UNIQUE,
    leaf     bytea NOT NULL,
    hash     bytea NOT NULL
);
GRANT SELECT, INSERT ON platform.audit_seal TO {app};
CREATE TABLE IF NOT EXISTS platform.audit_head (
    position  bigint PRIMARY KEY,
    hash      bytea NOT NULL,
    sealed_at timestamptz NOT NULL,
    signature bytea NOT NULL,
    -- Every row of a transaction before this one is sealed.
    horizon   xid8 NOT NULL
);
CREATE INDEX IF NOT EXISTS audit_head_sealed_at ON platform.audit_head (sealed_at, position);
GRANT SELECT, INSERT ON platform.audit_head TO {app};

-- Heads of other services, kept here as their witness. Two with the same position and another hash prove that one was rewritten.
CREATE TABLE IF NOT EXISTS platform.audit_anchor (
    service     text NOT NULL,
    position    bigint NOT NULL,
    hash        text NOT NULL,
    sealed_at   timestamptz NOT NULL,
    key         text NOT NULL,
    signature   text NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (service, position, hash)
);
GRANT SELECT, INSERT ON platform.audit_anchor TO {app};

-- Children whose data was erased (ARC-10). An event that comes late, or once more, must not bring any of it back, and no command either:
-- the tables themselves refuse it, whatever consumer or handler is added later.
CREATE TABLE IF NOT EXISTS platform.erased_student (
    student_id  uuid PRIMARY KEY,
    district_id uuid NOT NULL,
    erased_at   timestamptz NOT NULL
);
GRANT SELECT, INSERT ON platform.erased_student TO {app};

CREATE OR REPLACE FUNCTION platform.refuse_erased() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM platform.erased_student WHERE student_id = NEW.student_id) THEN
        RETURN NULL;
    END IF;
    RETURN NEW;
END $$;

-- Where a row is about several, the others stay.
CREATE OR REPLACE FUNCTION platform.leave_out_erased() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    stays uuid[] := ARRAY(
        SELECT s.id FROM unnest(NEW.student_ids) WITH ORDINALITY AS s (id, nth)
        WHERE NOT EXISTS (SELECT FROM platform.erased_student e WHERE e.student_id = s.id) ORDER BY s.nth);
BEGIN
    IF cardinality(stays) < cardinality(NEW.student_ids) THEN
        IF cardinality(stays) = 0 THEN
            RETURN NULL;
        END IF;
        NEW.student_ids := stays;
    END IF;
    RETURN NEW;
END $$;

-- `migrate` calls it when the service's tables stand.
CREATE OR REPLACE FUNCTION platform.guard_erased() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    found record;
BEGIN
    FOR found IN
        SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
            AND a.attname IN ('student_id', 'student_ids')
    LOOP
        -- Who writes many rows at once, and has seen to it that none is about such a child, says so for the transaction.
        EXECUTE format('CREATE OR REPLACE TRIGGER erased_student BEFORE INSERT ON public.%I FOR EACH ROW '
            || 'WHEN (current_setting(''app.erased'', true) IS DISTINCT FROM ''left out'') EXECUTE FUNCTION %s()',
            found.relname, CASE found.attname WHEN 'student_id' THEN 'platform.refuse_erased' ELSE 'platform.leave_out_erased' END);
    END LOOP;
END $$;
REVOKE ALL ON FUNCTION platform.guard_erased() FROM PUBLIC;

-- What of a child was to be erased, and is kept by law or a hold (ARC-10): requests neither see it nor add to it. Who does not say
-- otherwise (app.restricted) sees none of it: the service's own work does, and requests that are made for it.
CREATE TABLE IF NOT EXISTS platform.restricted_student (
    request_id  uuid PRIMARY KEY,
    student_id  uuid NOT NULL,
    district_id uuid NOT NULL,
    kinds       text[] NOT NULL,
    version     bigint NOT NULL
);
CREATE INDEX IF NOT EXISTS restricted_student_id ON platform.restricted_student (student_id) WHERE kinds <> '{}';
GRANT SELECT, INSERT, UPDATE ON platform.restricted_student TO {app};

CREATE OR REPLACE FUNCTION platform.refuse_restricted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM platform.restricted_student
        WHERE student_id = NEW.student_id AND kinds <> '{}' AND TG_ARGV[0] = ANY (kinds)) THEN
        RAISE EXCEPTION 'restricted' USING ERRCODE = 'check_violation', CONSTRAINT = 'restricted_student';
    END IF;
    RETURN NEW;
END $$;

-- `migrate` calls it with the tables of PersonalDataRules and their kinds. A policy is made once: making it locks the table.
CREATE OR REPLACE FUNCTION platform.guard_restricted(tables text[], kinds text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    found record;
    held text;
BEGIN
    FOR found IN
        SELECT c.oid, c.relname, a.attname, g.kind, 'restricted_' || lower(g.kind) AS policy
        FROM unnest(tables, kinds) AS g (name, kind)
            JOIN pg_class c ON c.relname = g.name AND c.relnamespace = 'public'::regnamespace
            JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped
                AND (a.attname IN ('student_id', 'student_ids') OR (c.relname = 'student' AND a.attname = 'id'))
    LOOP
        CONTINUE WHEN EXISTS (SELECT FROM pg_policy WHERE polrelid = found.oid AND polname = found.policy);
        -- Of no row of the table, and so read once a statement, not once a row.
        held := format(
            'SELECT r.student_id FROM platform.restricted_student r WHERE r.kinds <> ''{}'' AND %L = ANY (r.kinds) '
            || 'AND (SELECT current_setting(''app.restricted'', true)) IS DISTINCT FROM ''shown''', found.kind);
        EXECUTE format(
            'CREATE POLICY %I ON public.%I AS RESTRICTIVE FOR SELECT USING ((%s) IS NOT TRUE)', found.policy, found.relname,
            CASE found.attname
                -- Where a row is about several, it stays for the others.
                WHEN 'student_ids' THEN format('student_ids <> ''{}'' AND student_ids <@ ARRAY(%s)', held)
                ELSE format('%I IN (%s)', found.attname, held)
            END);
        IF found.attname = 'student_id' THEN
            EXECUTE format(
                'CREATE OR REPLACE TRIGGER restricted_student BEFORE INSERT ON public.%I FOR EACH ROW '
                || 'WHEN (current_setting(''app.restricted'', true) IS DISTINCT FROM ''shown'') '
                || 'EXECUTE FUNCTION platform.refuse_restricted(%L)', found.relname, found.kind);
        END IF;
    END LOOP;
END $$;
REVOKE ALL ON FUNCTION platform.guard_restricted(text[], text[]) FROM PUBLIC;

-- Keeps a week of partitions ahead and forgets what is older than retain_days. The runtime role may call it, not do it.
CREATE OR REPLACE FUNCTION platform.housekeep(retain_days int) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    today date := (now() AT TIME ZONE 'UTC')::date;
    part record;
BEGIN
    -- Several replicas call this; one at a time is enough.
    IF NOT pg_try_advisory_xact_lock(hashtext('platform.housekeep')) THEN
        RETURN;
    END IF;
    FOR i IN -1..7 LOOP
        EXECUTE format('CREATE TABLE IF NOT EXISTS platform.%I PARTITION OF platform.event_log FOR VALUES FROM (%L) TO (%L)',
            'event_log_' || to_char(today + i, 'YYYYMMDD'), today + i, today + i + 1);
    END LOOP;
    FOR part IN
        SELECT c.relname FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid
        WHERE inhparent = 'platform.event_log'::regclass AND c.relname ~ '^event_log_\d{8}$'
          AND c.relname < 'event_log_' || to_char(today - retain_days, 'YYYYMMDD')
    LOOP
        EXECUTE format('DROP TABLE platform.%I', part.relname);
    END LOOP;
    DELETE FROM platform.inbox WHERE received_on < today - retain_days;
    DELETE FROM platform.idempotency WHERE created_at < now() - interval '24 hours';
END $$;
REVOKE ALL ON FUNCTION platform.housekeep(int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION platform.housekeep(int) TO {app};
SELECT platform.housekeep(35);
