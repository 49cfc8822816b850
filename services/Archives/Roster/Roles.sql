-- OneRoster 1.2 and Microsoft SDS have the roles of their users in roles.csv (in_role): a user becomes one row for each kind of person that
-- they are today, a student, a guardian, a member of the staff; of several roles of a kind, the primary one counts. A teacher may be a parent, too.
--
-- {today} stands for a literal.

-- Contacts of students have no role of their own in SDS: they are guardians where and as long as the child is a student. Of whom the
-- relation, or the child's role, is not taken, nothing changes.
INSERT INTO in_role
SELECT r.line, r.guardian, true, r.relation, s.org, s.starts_on, s.ends_on, NULL, r.good AND s.good
FROM in_relation r JOIN in_role s ON (s.role = 'student' OR NOT s.good) AND s."user" = r.student JOIN in_user u ON u.source_id = r.guardian
WHERE NOT EXISTS (SELECT FROM in_role o WHERE o."user" = r.guardian)
  AND (r.good OR NOT EXISTS (SELECT FROM in_relation g WHERE g.good AND g.guardian = r.guardian));

INSERT INTO fault
SELECT 'roles.csv', line, 'userSourcedId', 'reference.user', "user" FROM in_role r
WHERE good AND NOT EXISTS (SELECT FROM in_user u WHERE u.source_id = r."user");
INSERT INTO fault
SELECT 'users.csv', line, 'sourcedId', 'user.no-role', source_id FROM in_user u
WHERE good AND NOT EXISTS (SELECT FROM in_role r WHERE r."user" = u.source_id);
-- Of whom a role cannot be read, nothing changes.
UPDATE in_user u SET good = false
WHERE NOT EXISTS (SELECT FROM in_role r WHERE r."user" = u.source_id) OR EXISTS (SELECT FROM in_role r WHERE NOT r.good AND r."user" = u.source_id);

INSERT INTO in_user
SELECT u.line, u.source_id, k.role, u.enabled, k.orgs, u.family_name, u.given_name, u.number, u.phone, u.email, u.agents,
    coalesce(u.grade, k.grade), true
FROM in_user u JOIN (
    SELECT "user", (array_agg(role ORDER BY NOT is_primary, line))[1] AS role, array_agg(DISTINCT org) AS orgs, min(grade) AS grade
    FROM in_role WHERE good AND role IS NOT NULL AND coalesce(starts_on <= {today}, true) AND coalesce(ends_on >= {today}, true)
    GROUP BY "user", CASE WHEN role = 'student' THEN 1 WHEN role IN ('parent', 'guardian', 'relative') THEN 2 ELSE 3 END) k
    ON k."user" = u.source_id
WHERE u.good;
-- Who has no role today is not in the roster any more.
DELETE FROM in_user WHERE good AND role IS NULL;
