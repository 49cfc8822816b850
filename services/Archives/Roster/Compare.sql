-- Checks what the rows refer to, and compares them with what is stored. Leaves, for each kind of record, a table new_* with all
-- records as they will be (change is null where nothing changes) and takes away nothing: who is in no new_* is withdrawn.
-- A record whose row has a mistake counts as present: it stays as it is stored (ARC-2).
--
-- {district}, {version} and {today} stand for literals; {keep_*} for which stored records (t, of enrolments e) are not withdrawn although
-- no row has them: all, where the file is not there or has a row that does not say whose it is; for a sheet of some schools, those of others; for a delta,
-- all that it does not call gone ({whole_users}, {held_staff}, {kept_posts}, {kept_links}: whether what no row says is left as it is).

-- Schools.
CREATE TEMP TABLE new_school ON COMMIT DROP AS
SELECT coalesce(t.school_id, uuid_v7()) AS school_id, {district} AS district_id, s.source_id, s.name, s.code, NULL::date AS withdrawn_on, {version} AS version,
    CASE WHEN t.school_id IS NULL THEN 'Added'
         WHEN t.withdrawn_on IS NOT NULL OR (t.name, t.code) IS DISTINCT FROM (s.name, s.code) THEN 'Changed' END AS change
FROM in_org s LEFT JOIN school t ON t.district_id = {district} AND t.source_id = s.source_id
WHERE s.good AND s.type = 'school'
UNION ALL
SELECT t.school_id, t.district_id, t.source_id, t.name, t.code, t.withdrawn_on, t.version, NULL
FROM school t
WHERE t.district_id = {district} AND t.withdrawn_on IS NULL
  AND NOT EXISTS (SELECT FROM in_org s WHERE s.good AND s.type = 'school' AND s.source_id = t.source_id)
  AND ({keep_orgs} OR EXISTS (SELECT FROM in_org s WHERE NOT s.good AND s.source_id = t.source_id));

INSERT INTO note SELECT 'orgs.csv', CASE type WHEN 'school' THEN 'orgs.taken' ELSE 'orgs.not-kept' END, type, count(*)
FROM in_org WHERE good GROUP BY type;

-- Terms: sessions of type term or semester, at least 8 weeks long and not inside another one; a school year when there is
-- nothing finer. Shorter ones are holidays. Teaching weeks: 20, or as many as the session has.
CREATE TEMP TABLE taken_session ON COMMIT DROP AS
SELECT s.* FROM in_session s
WHERE s.good AND (s.type IN ('term', 'semester')
    OR s.type = 'schoolYear' AND NOT EXISTS (SELECT FROM in_session f WHERE f.good AND f.type IN ('term', 'semester')))
  AND s.ends_on - s.starts_on + 1 >= 8 * 7
  AND NOT EXISTS (SELECT FROM in_session p WHERE p.good AND p.type IN ('term', 'semester') AND p.source_id = s.parent);

CREATE TEMP TABLE new_term ON COMMIT DROP AS
SELECT coalesce(t.id, uuid_v7()) AS id, {district} AS district_id, s.source_id, s.title, s.starts_on, s.ends_on,
    least(20, (s.ends_on - s.starts_on + 7) / 7) AS teaching_weeks, NULL::date AS withdrawn_on, {version} AS version,
    CASE WHEN t.id IS NULL THEN 'Added'
         WHEN t.withdrawn_on IS NOT NULL OR (t.title, t.starts_on, t.ends_on) IS DISTINCT FROM (s.title, s.starts_on, s.ends_on)
         THEN 'Changed' END AS change
FROM taken_session s LEFT JOIN term t ON t.district_id = {district} AND t.source_id = s.source_id
UNION ALL
SELECT t.id, t.district_id, t.source_id, t.title, t.starts_on, t.ends_on, t.teaching_weeks, t.withdrawn_on, t.version, NULL
FROM term t
WHERE t.district_id = {district} AND t.withdrawn_on IS NULL
  AND NOT EXISTS (SELECT FROM taken_session s WHERE s.source_id = t.source_id)
  -- A term that is over stays: a new school year's file does not have it any more.
  AND ({keep_sessions} OR t.ends_on < {today} OR EXISTS (SELECT FROM in_session s WHERE NOT s.good AND s.source_id = t.source_id));

INSERT INTO note
SELECT 'academicSessions.csv', CASE WHEN t.source_id IS NULL THEN 'sessions.not-kept' ELSE 'sessions.taken' END, s.type, count(*)
FROM in_session s LEFT JOIN taken_session t ON t.source_id = s.source_id WHERE s.good AND s.line < 1000000000 GROUP BY s.type, t.source_id IS NULL, 2;

-- Classes: those of type homeroom. The others only tell who teaches whom.
WITH bad AS (
    UPDATE in_class c SET good = false WHERE good AND NOT EXISTS (SELECT FROM new_school s WHERE s.source_id = c.school)
    RETURNING line, school)
INSERT INTO fault SELECT 'classes.csv', line, 'schoolSourcedId', 'reference.school', school FROM bad;

CREATE TEMP TABLE new_class ON COMMIT DROP AS
SELECT s.school_id, coalesce(t.id, uuid_v7()) AS id, {district} AS district_id, c.source_id, c.title, c.grade, NULL::date AS withdrawn_on, {version} AS version,
    CASE WHEN t.id IS NULL THEN 'Added'
         WHEN t.withdrawn_on IS NOT NULL OR (t.title, t.grade) IS DISTINCT FROM (c.title, c.grade) THEN 'Changed' END AS change
FROM in_class c JOIN new_school s ON s.source_id = c.school
    LEFT JOIN class t ON t.district_id = {district} AND t.school_id = s.school_id AND t.source_id = c.source_id
WHERE c.good AND c.homeroom
UNION ALL
SELECT t.school_id, t.id, t.district_id, t.source_id, t.title, t.grade, t.withdrawn_on, t.version, NULL
FROM class t
WHERE t.district_id = {district} AND t.withdrawn_on IS NULL
  AND NOT EXISTS (SELECT FROM in_class c JOIN new_school s ON s.source_id = c.school
                  WHERE c.good AND c.homeroom AND c.source_id = t.source_id AND s.school_id = t.school_id)
  AND ({keep_classes} OR NOT EXISTS (SELECT FROM in_class WHERE homeroom)
       OR EXISTS (SELECT FROM in_class c WHERE NOT c.good AND c.source_id = t.source_id));

INSERT INTO note
SELECT 'classes.csv', CASE WHEN homeroom THEN 'classes.homeroom' ELSE 'classes.scheduled' END, count(*)
FROM in_class WHERE good AND line < 1000000000 GROUP BY homeroom;
INSERT INTO note SELECT 'classes.csv', 'classes.no-homeroom'
WHERE EXISTS (SELECT FROM in_class) AND NOT EXISTS (SELECT FROM in_class WHERE homeroom);

-- People. With a child who was admitted by hand (admitted) come the guardians whom the admission named: what is recorded of them (rights,
-- documents) stays theirs.
CREATE TEMP TABLE admitted_guardian ON COMMIT DROP AS
SELECT DISTINCT ON (w.source_id) * FROM (
    SELECT DISTINCT ON (g.id) g.id, w.source_id, w.line
    FROM admitted a JOIN guardianship k ON k.district_id = {district} AND k.student_id = a.id
        JOIN guardian g ON g.district_id = {district} AND g.id = k.guardian_id AND left(g.source_id, 9) = 'admitted:'
        JOIN in_user u ON u.good AND u.role = 'student' AND u.source_id = a.source_id
        JOIN in_user w ON w.good AND w.role IN ('parent', 'guardian', 'relative')
            AND (w.source_id = ANY (u.agents) OR u.source_id = ANY (w.agents))
            AND w.family_name || w.given_name = g.family_name || g.given_name
    WHERE NOT EXISTS (SELECT FROM guardian o WHERE o.district_id = {district} AND o.source_id = w.source_id)
    ORDER BY g.id, w.line) w
ORDER BY w.source_id, w.line;

CREATE TEMP TABLE new_student ON COMMIT DROP AS
SELECT {district} AS district_id, coalesce(t.id, uuid_v7()) AS id, u.source_id, u.family_name, u.given_name, u.number,
    CASE WHEN d.source_id IS NULL THEN t.birth_date ELSE d.birth_date END AS birth_date,
    CASE WHEN d.source_id IS NULL THEN t.sex ELSE d.sex END AS sex,
    NULL::date AS withdrawn_on, {version} AS version,
    CASE WHEN t.id IS NULL THEN 'Added'
         WHEN t.withdrawn_on IS NOT NULL OR t.source_id <> u.source_id
           OR (t.family_name, t.given_name, t.number) IS DISTINCT FROM (u.family_name, u.given_name, u.number)
           OR d.source_id IS NOT NULL AND (t.birth_date, t.sex) IS DISTINCT FROM (d.birth_date, d.sex) THEN 'Changed' END AS change,
    false AS held, u.line, u.orgs, u.agents, u.grade
FROM in_user u LEFT JOIN in_demographic d ON d.good AND d.source_id = u.source_id
    LEFT JOIN (
        SELECT s.*, coalesce(a.source_id, s.source_id) AS said FROM student s LEFT JOIN admitted a ON a.id = s.id
        WHERE s.district_id = {district}) t ON t.said = u.source_id
WHERE u.good AND u.role = 'student'
UNION ALL
SELECT t.district_id, t.id, t.source_id, t.family_name, t.given_name, t.number, t.birth_date, t.sex, t.withdrawn_on, t.version, NULL,
    {held_students}, NULL, NULL, NULL, NULL
FROM student t
WHERE t.district_id = {district} AND t.withdrawn_on IS NULL
  AND NOT EXISTS (SELECT FROM in_user u WHERE u.good AND u.role = 'student' AND u.source_id = t.source_id)
  AND NOT EXISTS (SELECT FROM admitted a WHERE a.id = t.id)
  AND ({keep_students} OR EXISTS (SELECT FROM in_user u WHERE NOT u.good AND u.source_id = t.source_id));

CREATE TEMP TABLE new_staff ON COMMIT DROP AS
SELECT {district} AS district_id, coalesce(t.id, uuid_v7()) AS id, u.source_id, u.family_name, u.given_name, u.phone, u.email,
    NULL::date AS withdrawn_on, {version} AS version,
    CASE WHEN t.id IS NULL THEN 'Added'
         WHEN t.withdrawn_on IS NOT NULL OR (t.family_name, t.given_name, t.phone, t.email)
             IS DISTINCT FROM (u.family_name, u.given_name, u.phone, u.email) THEN 'Changed' END AS change,
    false AS held
FROM in_user u LEFT JOIN staff t ON t.district_id = {district} AND t.source_id = u.source_id
WHERE u.good AND u.role IN ('teacher', 'administrator', 'aide', 'proctor')
UNION ALL
SELECT t.district_id, t.id, t.source_id, t.family_name, t.given_name, t.phone, t.email, t.withdrawn_on, t.version, NULL, {held_staff}
FROM staff t
WHERE t.district_id = {district} AND t.withdrawn_on IS NULL
  AND NOT EXISTS (SELECT FROM in_user u WHERE u.good AND u.role IN ('teacher', 'administrator', 'aide', 'proctor')
                  AND u.source_id = t.source_id)
  AND ({keep_staff} OR EXISTS (SELECT FROM in_user u WHERE NOT u.good AND u.source_id = t.source_id));

CREATE TEMP TABLE new_guardian ON COMMIT DROP AS
SELECT {district} AS district_id, coalesce(t.id, uuid_v7()) AS id, u.source_id, u.family_name, u.given_name, u.phone, u.email,
    NULL::date AS withdrawn_on, {version} AS version,
    CASE WHEN t.id IS NULL THEN 'Added'
         WHEN t.withdrawn_on IS NOT NULL OR t.source_id <> u.source_id OR (t.family_name, t.given_name, t.phone, t.email)
             IS DISTINCT FROM (u.family_name, u.given_name, u.phone, u.email) THEN 'Changed' END AS change,
    u.role, u.agents, u.line
FROM in_user u LEFT JOIN (
    SELECT g.*, coalesce(a.source_id, g.source_id) AS said FROM guardian g LEFT JOIN admitted_guardian a ON a.id = g.id
    WHERE g.district_id = {district}) t ON t.said = u.source_id
WHERE u.good AND u.role IN ('parent', 'guardian', 'relative')
UNION ALL
SELECT t.district_id, t.id, t.source_id, t.family_name, t.given_name, t.phone, t.email, t.withdrawn_on, t.version, NULL, NULL, NULL, NULL
FROM guardian t
WHERE t.district_id = {district} AND t.withdrawn_on IS NULL
  AND NOT EXISTS (SELECT FROM in_user u WHERE u.good AND u.role IN ('parent', 'guardian', 'relative') AND u.source_id = t.source_id)
  AND NOT EXISTS (SELECT FROM admitted_guardian a WHERE a.id = t.id)
  -- An export without any guardian does not know them; it does not say that they are gone.
  AND ({keep_guardians} OR {whole_users} AND NOT EXISTS (SELECT FROM in_user WHERE role IN ('parent', 'guardian', 'relative'))
       OR EXISTS (SELECT FROM in_user u WHERE NOT u.good AND u.source_id = t.source_id));

ANALYZE new_student;
ANALYZE new_staff;
ANALYZE new_guardian;

INSERT INTO note SELECT 'users.csv', 'users.taken', role, count(*) FROM in_user WHERE good AND line < 1000000000 GROUP BY role;
INSERT INTO note SELECT 'users.csv', 'users.disabled', count(*) FROM in_user WHERE good AND NOT enabled HAVING count(*) > 0;
INSERT INTO note SELECT 'users.csv', 'users.no-guardians'
WHERE {whole_users} AND EXISTS (SELECT FROM in_user) AND NOT EXISTS (SELECT FROM in_user WHERE role IN ('parent', 'guardian', 'relative'));

INSERT INTO fault SELECT 'demographics.csv', d.line, 'sourcedId', 'reference.user', d.source_id
FROM in_demographic d
WHERE d.good AND NOT EXISTS (SELECT FROM in_user u WHERE u.source_id = d.source_id)
  AND NOT EXISTS (SELECT FROM new_student s WHERE s.source_id = d.source_id)
  AND NOT EXISTS (SELECT FROM new_staff s WHERE s.source_id = d.source_id);
INSERT INTO note SELECT 'demographics.csv', 'demographics.not-students', count(*)
FROM in_demographic d JOIN in_user u ON u.source_id = d.source_id AND u.role <> 'student' WHERE d.good HAVING count(*) > 0;

INSERT INTO fault SELECT 'userProfiles.csv', p.line, 'userSourcedId', 'reference.profile', p."user"
FROM in_profile p
WHERE p.good AND NOT EXISTS (SELECT FROM in_user u WHERE u.source_id = p."user")
  AND NOT EXISTS (SELECT FROM new_student s WHERE s.source_id = p."user")
  AND NOT EXISTS (SELECT FROM new_staff s WHERE s.source_id = p."user")
  AND NOT EXISTS (SELECT FROM new_guardian s WHERE s.source_id = p."user");
INSERT INTO note SELECT 'userProfiles.csv', 'profiles.not-kept', count(*) FROM in_profile HAVING count(*) > 0;

-- Guardians of students: either side may name the other. In the order in which the student's row names them.
CREATE TEMP TABLE named ON COMMIT DROP AS
SELECT s.id AS student_id, g.id AS guardian_id, a.place, a.agent, s.line
FROM new_student s CROSS JOIN unnest(s.agents) WITH ORDINALITY AS a (agent, place)
    LEFT JOIN new_guardian g ON g.source_id = a.agent;
CREATE TEMP TABLE claimed ON COMMIT DROP AS
SELECT s.id AS student_id, g.id AS guardian_id, a.agent, g.line
FROM new_guardian g CROSS JOIN unnest(g.agents) AS a (agent) LEFT JOIN new_student s ON s.source_id = a.agent;

INSERT INTO fault SELECT 'users.csv', line, 'agentSourcedIds', 'reference.agent', agent FROM named WHERE guardian_id IS NULL;
INSERT INTO fault SELECT 'users.csv', line, 'agentSourcedIds', 'reference.child', agent FROM claimed WHERE student_id IS NULL;

INSERT INTO fault SELECT 'relationships.csv', r.line, 'userSourcedId', 'reference.child', r.student
FROM in_relation r WHERE r.good AND NOT EXISTS (SELECT FROM new_student s WHERE s.source_id = r.student);
INSERT INTO fault SELECT 'relationships.csv', r.line, 'relationshipUserSourcedId', 'reference.agent', r.guardian
FROM in_relation r WHERE r.good AND NOT EXISTS (SELECT FROM new_guardian g WHERE g.source_id = r.guardian);

-- What a file says of the pair counts before what the guardian is in general.
CREATE TEMP TABLE new_guardianship ON COMMIT DROP AS
WITH pair AS (
    SELECT student_id, guardian_id, min(relation) AS relation, min(legal) AS legal, min(place) AS place
    FROM (SELECT student_id, guardian_id, place, NULL AS relation, NULL AS legal FROM named WHERE guardian_id IS NOT NULL
          UNION ALL
          SELECT s.id, g.id, 1000 + r.place, r.relation, r.legal
          FROM in_relation r JOIN new_student s ON s.source_id = r.student JOIN new_guardian g ON g.source_id = r.guardian
          WHERE r.good
          UNION ALL
          SELECT student_id, guardian_id, 2000000000, NULL, NULL FROM claimed WHERE student_id IS NOT NULL) n
    GROUP BY student_id, guardian_id),
ranked AS (
    SELECT p.student_id, p.guardian_id, coalesce(p.relation, g.role) AS role, p.legal,
        row_number() OVER (PARTITION BY p.student_id ORDER BY p.place, p.guardian_id)::int AS contact_order
    FROM pair p JOIN new_guardian g ON g.id = p.guardian_id)
SELECT {district} AS district_id, coalesce(t.id, uuid_v7()) AS id, p.student_id, p.guardian_id,
    coalesce(initcap(p.role), t.relation, 'Guardian') AS relation,
    -- What a document or the school recorded about the status stays.
    coalesce(t.legal_status, p.legal, CASE p.role WHEN 'relative' THEN 'Caregiver' ELSE 'Guardian' END) AS legal_status,
    p.contact_order, NULL::date AS withdrawn_on, {version} AS version,
    CASE WHEN t.id IS NULL THEN 'Added'
         WHEN t.withdrawn_on IS NOT NULL OR t.relation <> initcap(p.role) OR t.contact_order <> p.contact_order
         THEN 'Changed' END AS change
FROM ranked p LEFT JOIN guardianship t
    ON t.district_id = {district} AND t.student_id = p.student_id AND t.guardian_id = p.guardian_id
UNION ALL
SELECT t.district_id, t.id, t.student_id, t.guardian_id, t.relation, t.legal_status, t.contact_order, t.withdrawn_on, t.version, NULL
FROM guardianship t
WHERE t.district_id = {district} AND t.withdrawn_on IS NULL
  AND NOT EXISTS (SELECT FROM ranked p WHERE p.student_id = t.student_id AND p.guardian_id = t.guardian_id)
  AND ({keep_guardianships} OR {whole_users} AND (NOT EXISTS (SELECT FROM in_user WHERE role IN ('parent', 'guardian', 'relative'))
       -- Nor does one in which nobody is named as anybody's.
       OR NOT EXISTS (SELECT FROM in_user WHERE cardinality(agents) > 0) AND NOT EXISTS (SELECT FROM in_relation)
       OR EXISTS (SELECT FROM new_student s WHERE s.id = t.student_id AND s.held)
       OR EXISTS (SELECT FROM new_student s JOIN in_relation r ON r.student = s.source_id WHERE NOT r.good AND s.id = t.student_id)
       OR EXISTS (SELECT FROM new_guardian g WHERE g.id = t.guardian_id AND g.line IS NULL)));

-- Who is in which class, by the ids of this service. A class that is taught has no id; its line stands for it.
CREATE TEMP TABLE link ON COMMIT DROP AS
SELECT e.line, e.role, e.is_primary, e.starts_on, e.ends_on, e.ends_on IS NULL OR e.ends_on >= {today} AS current,
    c.line AS class_line, c.homeroom, h.id AS class_id, s.school_id, s.source_id <> e.school AS elsewhere,
    p.id AS student_id, f.id AS staff_id
FROM in_enrollment e
    LEFT JOIN in_class c ON c.good AND c.source_id = e.class
    LEFT JOIN new_school s ON s.source_id = c.school
    LEFT JOIN new_class h ON c.homeroom AND h.source_id = c.source_id AND h.school_id = s.school_id
    LEFT JOIN new_student p ON p.source_id = e."user"
    LEFT JOIN new_staff f ON f.source_id = e."user"
WHERE e.good;
ANALYZE link;

INSERT INTO fault
SELECT 'enrollments.csv', line, 'classSourcedId', 'reference.class', e.class
FROM link l JOIN in_enrollment e USING (line) WHERE l.class_line IS NULL;
INSERT INTO fault
SELECT 'enrollments.csv', line, 'schoolSourcedId', 'enrollment.school', e.school
FROM link l JOIN in_enrollment e USING (line) WHERE l.elsewhere;
-- A guardian is a user, but neither studies nor teaches.
INSERT INTO fault
SELECT 'enrollments.csv', line, CASE WHEN u.known THEN 'role' ELSE 'userSourcedId' END,
    CASE WHEN u.known THEN 'enrollment.role' ELSE 'reference.user' END, CASE WHEN u.known THEN e.role ELSE e."user" END
FROM link l JOIN in_enrollment e USING (line) CROSS JOIN LATERAL (
    SELECT l.student_id IS NOT NULL OR l.staff_id IS NOT NULL
        OR EXISTS (SELECT FROM new_guardian g WHERE g.source_id = e."user") AS known) u
WHERE (l.role = 'student') <> (l.student_id IS NOT NULL) OR l.student_id IS NULL AND l.staff_id IS NULL;

CREATE TEMP TABLE open_enrolment ON COMMIT DROP AS
SELECT * FROM enrolment WHERE district_id = {district} AND (ends_on IS NULL OR ends_on >= {today});
ANALYZE open_enrolment;

-- Classes with a row that names nobody known: whoever is missing there may be meant.
CREATE TEMP TABLE unclear ON COMMIT DROP AS
SELECT DISTINCT class_id FROM link WHERE class_id IS NOT NULL AND student_id IS NULL AND staff_id IS NULL;

-- Of whom a row is not taken: what is stored of their enrolments and posts stays.
CREATE TEMP TABLE held ON COMMIT DROP AS
SELECT coalesce(student_id, staff_id) AS id FROM link
WHERE (class_line IS NULL OR (role = 'student') <> (student_id IS NOT NULL)) AND coalesce(student_id, staff_id) IS NOT NULL
UNION SELECT s.id FROM in_enrollment e JOIN new_student s ON s.source_id = e."user" WHERE NOT e.good
UNION SELECT s.id FROM in_enrollment e JOIN new_staff s ON s.source_id = e."user" WHERE NOT e.good
UNION SELECT s.id FROM new_student s WHERE s.held OR {keep_enrollments}
UNION SELECT s.id FROM new_staff s WHERE s.held OR {keep_enrollments}
UNION SELECT s.id FROM new_student s JOIN left_alone l USING (source_id)
UNION SELECT e.student_id FROM open_enrolment e JOIN unclear c USING (class_id) JOIN new_student s ON s.id = e.student_id
      WHERE NOT EXISTS (SELECT FROM link l WHERE l.student_id = e.student_id AND l.class_id IS NOT NULL)
-- An export without homerooms does not know who is in them.
UNION SELECT e.student_id FROM open_enrolment e WHERE e.class_id IS NOT NULL AND NOT EXISTS (SELECT FROM in_class WHERE homeroom);
DELETE FROM link
WHERE class_line IS NULL OR (role = 'student') <> (student_id IS NOT NULL) OR student_id IS NULL AND staff_id IS NULL;
ANALYZE held;

-- Since when somebody is at a school if the file does not say: in a school that is new here, since its school year began.
CREATE TEMP TABLE since ON COMMIT DROP AS
SELECT s.school_id, f.day AS year_began,
    CASE WHEN EXISTS (SELECT FROM enrolment e WHERE e.school_id = s.school_id) THEN {today} ELSE f.day END AS day
FROM new_school s CROSS JOIN LATERAL (
    SELECT coalesce(
        (SELECT max(starts_on) FROM in_session WHERE good AND type = 'schoolYear' AND starts_on <= {today}),
        (SELECT max(starts_on) FROM new_term WHERE starts_on <= {today}), {today}) AS day) f;

-- Students in homeroom classes; several rows of one class (one for each term) are one stay.
CREATE TEMP TABLE stay ON COMMIT DROP AS
SELECT student_id, school_id, class_id, CASE WHEN bool_and(starts_on IS NOT NULL) THEN min(starts_on) END AS starts_on,
    CASE WHEN bool_and(ends_on IS NOT NULL) THEN max(ends_on) END AS ends_on, min(line) AS line
FROM link WHERE student_id IS NOT NULL AND class_id IS NOT NULL AND student_id NOT IN (SELECT id FROM held)
GROUP BY 1, 2, 3;

WITH second AS (
    DELETE FROM stay b USING stay a
    WHERE a.student_id = b.student_id AND a.school_id = b.school_id AND a.line < b.line
      AND daterange(a.starts_on, a.ends_on, '[]') && daterange(b.starts_on, b.ends_on, '[]')
    RETURNING b.line, a.line AS first)
INSERT INTO fault SELECT 'enrollments.csv', line, 'classSourcedId', 'enrollment.second-homeroom', NULL, min(first)::text
FROM second GROUP BY line;

-- And students of a school who are in no homeroom class of it now: by their own row, or by a class that is taught.
INSERT INTO stay
SELECT o.student_id, o.school_id, NULL,
    coalesce(
        (SELECT max(s.ends_on) + 1 FROM stay s WHERE s.student_id = o.student_id AND s.school_id = o.school_id),
        (SELECT min(l.starts_on) FROM link l WHERE l.student_id = o.student_id AND l.school_id = o.school_id)), NULL
FROM (
    SELECT p.id AS student_id, s.school_id
    FROM new_student p CROSS JOIN unnest(p.orgs) AS o (org) JOIN new_school s ON s.source_id = o.org
    UNION
    SELECT student_id, school_id FROM link WHERE student_id IS NOT NULL AND class_id IS NULL AND current) o
WHERE NOT EXISTS (SELECT FROM stay s WHERE s.student_id = o.student_id AND s.school_id = o.school_id
                  AND (s.ends_on IS NULL OR s.ends_on >= {today}))
  AND (o.student_id NOT IN (SELECT id FROM held)
       OR NOT EXISTS (SELECT FROM open_enrolment e WHERE e.student_id = o.student_id));
ANALYZE stay;

INSERT INTO fault
SELECT 'users.csv', u.line, 'orgSourcedIds', 'reference.org', o.org FROM in_user u CROSS JOIN unnest(u.orgs) AS o (org)
WHERE u.good AND NOT EXISTS (SELECT FROM in_org i WHERE i.source_id = o.org)
  AND NOT EXISTS (SELECT FROM new_school s WHERE s.source_id = o.org);
INSERT INTO fault
SELECT 'users.csv', p.line, 'orgSourcedIds', 'user.no-school' FROM new_student p
WHERE p.line IS NOT NULL AND NOT EXISTS (SELECT FROM stay s WHERE s.student_id = p.id)
  AND p.id NOT IN (SELECT id FROM held);

-- Enrolments. A stay goes on in the row stored last for the same class and grade, unless there is a gap between the two; a new
-- grade or class is a new row, so that past figures do not change. A later begin date in a later file does not either.
CREATE TEMP TABLE new_enrolment ON COMMIT DROP AS
WITH stored AS (
    SELECT DISTINCT ON (e.student_id, e.school_id, e.class_id, e.grade) e.*
    FROM enrolment e WHERE e.district_id = {district}
    ORDER BY e.student_id, e.school_id, e.class_id, e.grade, e.starts_on DESC),
open AS (
    SELECT student_id, school_id, max(starts_on) AS starts_on FROM open_enrolment GROUP BY 1, 2),
wanted AS (
    SELECT s.student_id, s.school_id, s.class_id, coalesce(p.grade, c.grade) AS grade, s.starts_on, s.ends_on
    FROM stay s JOIN new_student p ON p.id = s.student_id LEFT JOIN new_class c ON c.id = s.class_id),
matched AS (
    SELECT w.*, t.id, t.starts_on AS old_start, t.ends_on AS old_end,
        t.id IS NOT NULL AND coalesce(w.starts_on <= t.ends_on, true)
            AND (t.ends_on IS NULL OR t.ends_on >= {today} - 1 OR w.ends_on IS NOT NULL OR w.starts_on IS NOT NULL) AS goes_on,
        o.starts_on AS open_start, n.day AS since
    FROM wanted w JOIN since n ON n.school_id = w.school_id
        LEFT JOIN stored t ON t.student_id = w.student_id AND t.school_id = w.school_id
            AND coalesce(t.class_id, t.school_id) = coalesce(w.class_id, w.school_id) AND coalesce(t.grade, '') = coalesce(w.grade, '')
        LEFT JOIN open o ON o.student_id = w.student_id AND o.school_id = w.school_id)
SELECT m.school_id, CASE WHEN m.goes_on THEN m.id ELSE uuid_v7() END AS id, {district} AS district_id, m.student_id, m.class_id, m.grade,
    CASE WHEN m.goes_on THEN least(m.old_start, m.starts_on)
         WHEN m.ends_on < {today} THEN least(coalesce(m.starts_on, m.since), m.ends_on)
         WHEN m.open_start IS NOT NULL AND coalesce(m.starts_on <= m.open_start, true) THEN {today}
         ELSE coalesce(m.starts_on, m.since) END AS starts_on,
    m.ends_on, {version} AS version,
    CASE WHEN NOT m.goes_on THEN 'Added'
         WHEN m.ends_on IS DISTINCT FROM m.old_end OR m.starts_on < m.old_start THEN 'Changed' END AS change
FROM matched m;

ANALYZE new_enrolment;

-- Whoever is not there any more was there up to yesterday, or up to the day before the next class began.
INSERT INTO new_enrolment
SELECT e.school_id, e.id, e.district_id, e.student_id, e.class_id, e.grade, e.starts_on,
    greatest(e.starts_on - 1, least({today} - 1, n.next_start - 1)), {version}, 'Withdrawn'
FROM open_enrolment e
    LEFT JOIN (SELECT student_id, school_id, min(starts_on) AS next_start FROM new_enrolment
               WHERE change = 'Added' AND ends_on IS NULL GROUP BY 1, 2) n
        ON n.student_id = e.student_id AND n.school_id = e.school_id AND n.next_start > e.starts_on
WHERE e.student_id NOT IN (SELECT id FROM held) AND NOT ({keep_stays}) AND NOT EXISTS (SELECT FROM new_enrolment k WHERE k.id = e.id)
  -- It ends by itself, on the day before one begins that stays: a rollover or a transfer that is still to come.
  AND NOT EXISTS (SELECT FROM new_enrolment k WHERE k.student_id = e.student_id AND k.change IS NULL AND k.starts_on = e.ends_on + 1);

INSERT INTO note
SELECT 'enrollments.csv', 'enrollment.from', min(s.year_began)::text, ({today})::text
FROM new_enrolment e JOIN since s ON s.school_id = e.school_id
WHERE e.change = 'Added' AND EXISTS (SELECT FROM stay t WHERE t.student_id = e.student_id AND t.starts_on IS NULL)
HAVING count(*) > 0;

-- Students leaving each school, of those who were on its roll.
CREATE TEMP TABLE loss ON COMMIT DROP AS
SELECT b.school_id, count(*) AS on_roll, count(*) FILTER (WHERE a.student_id IS NULL) AS leaving
FROM (SELECT DISTINCT school_id, student_id FROM open_enrolment) b
    LEFT JOIN (SELECT school_id, student_id FROM new_enrolment
               WHERE change IS DISTINCT FROM 'Withdrawn' AND (ends_on IS NULL OR ends_on >= {today})
               UNION SELECT school_id, student_id FROM open_enrolment e WHERE student_id IN (SELECT id FROM held) OR {keep_stays}) a
        ON a.school_id = b.school_id AND a.student_id = b.student_id
GROUP BY 1;

-- Posts of the staff: at each school of their row; homeroom teacher and deputies; and who teaches students of a homeroom class.
CREATE TEMP TABLE home ON COMMIT DROP AS
SELECT student_id, school_id, class_id FROM stay WHERE class_id IS NOT NULL AND (ends_on IS NULL OR ends_on >= {today})
UNION
SELECT student_id, school_id, class_id FROM open_enrolment WHERE class_id IS NOT NULL AND student_id IN (SELECT id FROM held);
ANALYZE home;

CREATE TEMP TABLE held_class ON COMMIT DROP AS
SELECT DISTINCT class_id FROM staff_post
WHERE district_id = {district} AND class_id IS NOT NULL AND (ends_on IS NULL OR ends_on >= {today})
  AND (staff_id IN (SELECT id FROM held) OR class_id IN (SELECT class_id FROM unclear));

CREATE TEMP TABLE wanted_post ON COMMIT DROP AS
SELECT DISTINCT s.school_id, f.id AS staff_id, NULL::uuid AS class_id,
    CASE u.role WHEN 'teacher' THEN 'Teacher' WHEN 'administrator' THEN 'Administrator' ELSE 'Aide' END AS role, NULL::text AS subject
FROM in_user u JOIN new_staff f ON f.source_id = u.source_id CROSS JOIN unnest(u.orgs) AS o (org) JOIN new_school s ON s.source_id = o.org
WHERE u.good AND u.role IN ('teacher', 'administrator', 'aide', 'proctor')
UNION ALL
SELECT school_id, staff_id, class_id,
    CASE row_number() OVER (PARTITION BY class_id ORDER BY first_rank, line) WHEN 1 THEN 'HomeroomTeacher' ELSE 'DeputyHomeroomTeacher' END,
    NULL
FROM (SELECT school_id, staff_id, class_id, min(CASE is_primary WHEN true THEN 0 WHEN false THEN 2 ELSE 1 END) AS first_rank, min(line) AS line
      FROM link WHERE staff_id IS NOT NULL AND class_id IS NOT NULL AND role = 'teacher' AND current
          AND class_id NOT IN (SELECT class_id FROM held_class)
      GROUP BY 1, 2, 3) h
UNION ALL
SELECT DISTINCT h.school_id, t.staff_id, h.class_id, 'SubjectTeacher', coalesce(c.subject, k.title)
FROM link t JOIN link s ON s.class_line = t.class_line AND s.student_id IS NOT NULL AND s.current
    JOIN home h ON h.student_id = s.student_id AND h.school_id = s.school_id
    JOIN in_class c ON c.line = t.class_line LEFT JOIN in_course k ON k.good AND k.source_id = c.course
WHERE t.staff_id IS NOT NULL AND NOT t.homeroom AND t.role = 'teacher' AND t.current
UNION
-- Of whom, and of which class, a delta says nothing.
SELECT p.school_id, p.staff_id, p.class_id, p.role, p.subject
FROM staff_post p JOIN new_staff f ON f.id = p.staff_id LEFT JOIN new_class c ON c.school_id = p.school_id AND c.id = p.class_id
WHERE {kept_posts} AND p.district_id = {district} AND (p.ends_on IS NULL OR p.ends_on >= {today})
  AND CASE WHEN p.class_id IS NULL THEN NOT EXISTS (
               SELECT FROM in_user u WHERE u.good AND u.role IN ('teacher', 'administrator', 'aide', 'proctor') AND u.source_id = f.source_id)
           WHEN p.role = 'SubjectTeacher' THEN {kept_links} AND c.id IS NOT NULL
           ELSE {kept_links} AND c.id IS NOT NULL AND c.source_id NOT IN (SELECT class FROM taught_anew) END;

ANALYZE wanted_post;

CREATE TEMP TABLE new_staff_post ON COMMIT DROP AS
WITH stored AS (
    SELECT DISTINCT ON (t.school_id, t.staff_id, t.class_id, t.role, t.subject) t.*
    FROM staff_post t WHERE t.district_id = {district} AND (t.ends_on IS NULL OR t.ends_on >= {today} - 1)
    ORDER BY t.school_id, t.staff_id, t.class_id, t.role, t.subject, t.starts_on DESC)
SELECT w.school_id, coalesce(t.id, uuid_v7()) AS id, {district} AS district_id, w.staff_id, w.class_id, w.role, w.subject,
    coalesce(t.starts_on, n.day) AS starts_on, NULL::date AS ends_on, {version} AS version,
    CASE WHEN t.id IS NULL THEN 'Added' WHEN t.ends_on IS NOT NULL THEN 'Changed' END AS change
FROM wanted_post w JOIN since n ON n.school_id = w.school_id
    LEFT JOIN stored t ON t.school_id = w.school_id AND t.staff_id = w.staff_id AND t.role = w.role
        AND coalesce(t.class_id, t.school_id) = coalesce(w.class_id, w.school_id) AND coalesce(t.subject, '') = coalesce(w.subject, '');

INSERT INTO new_staff_post
SELECT t.school_id, t.id, t.district_id, t.staff_id, t.class_id, t.role, t.subject, t.starts_on,
    greatest(t.starts_on - 1, {today} - 1), {version}, 'Withdrawn'
FROM staff_post t
WHERE t.district_id = {district} AND (t.ends_on IS NULL OR t.ends_on >= {today})
  AND t.staff_id NOT IN (SELECT id FROM held) AND (t.class_id IS NULL OR t.class_id NOT IN (SELECT class_id FROM held_class))
  AND NOT EXISTS (SELECT FROM new_staff_post n WHERE n.id = t.id);
