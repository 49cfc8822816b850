-- Beside the roles and users that a delta of OneRoster 1.2 names: the roles stored of these users, and the users stored of these roles. A
-- role of a student takes the place of those before; staff and guardians may have several. A role that the delta calls gone has ended
-- yesterday, and who has none of a kind any more is gone as that: a teacher who is a parent too stays the one without the other.
--
-- {district} and {today} stand for literals, {stored_line} for the first line of what is stored.

CREATE TEMP TABLE stored_person ON COMMIT DROP AS
SELECT source_id, family_name, given_name, number, NULL::text AS phone, NULL::text AS email FROM student
WHERE district_id = {district} AND withdrawn_on IS NULL
UNION ALL
SELECT source_id, family_name, given_name, NULL, phone, email FROM staff WHERE district_id = {district} AND withdrawn_on IS NULL
UNION ALL
SELECT source_id, family_name, given_name, NULL, phone, email FROM guardian WHERE district_id = {district} AND withdrawn_on IS NULL;

INSERT INTO in_user
SELECT DISTINCT ON (p.source_id) {stored_line}, p.source_id, NULL, true, ARRAY[]::text[], p.family_name, p.given_name, p.number, p.phone, p.email,
    ARRAY(SELECT g.source_id FROM guardianship a JOIN student s ON s.district_id = a.district_id AND s.id = a.student_id
              JOIN guardian g ON g.district_id = a.district_id AND g.id = a.guardian_id
          WHERE a.district_id = {district} AND a.withdrawn_on IS NULL AND s.source_id = p.source_id ORDER BY a.contact_order),
    (SELECT min(e.grade) FROM enrolment e JOIN student s ON s.district_id = e.district_id AND s.id = e.student_id
     WHERE e.district_id = {district} AND s.source_id = p.source_id AND (e.ends_on IS NULL OR e.ends_on >= {today})), true
FROM stored_person p
WHERE {partial_users} AND (p.source_id IN (SELECT "user" FROM in_role) OR p.source_id IN (SELECT "user" FROM gone WHERE good AND file = 'roles.csv'))
  AND p.source_id NOT IN (SELECT source_id FROM in_user) AND p.source_id NOT IN (SELECT source_id FROM gone WHERE good AND file = 'users.csv')
ORDER BY p.source_id, p.number NULLS LAST;

INSERT INTO in_role
SELECT {stored_line}, h."user", true, h.role, h.org, NULL, CASE WHEN EXISTS (
        SELECT FROM gone g WHERE g.good AND g.file = 'roles.csv' AND g."user" = h."user"
            -- At which school a guardian is one, is not kept, and which guardian, only of the pair.
            AND (g.role = h.role AND g.org = h.org OR h.kind = 'guardian' AND g.role IN ('parent', 'guardian', 'relative')))
    THEN {today} - 1 END, NULL, true
FROM (
    SELECT t.source_id AS "user", 'student' AS role, s.source_id AS org, 'student' AS kind
    FROM student t JOIN enrolment e ON e.district_id = t.district_id AND e.student_id = t.id JOIN school s USING (school_id)
    WHERE t.district_id = {district} AND t.withdrawn_on IS NULL AND (e.ends_on IS NULL OR e.ends_on >= {today})
      AND t.source_id NOT IN (SELECT "user" FROM in_role WHERE role = 'student')
    UNION
    SELECT t.source_id, CASE p.role WHEN 'Administrator' THEN 'administrator' WHEN 'Aide' THEN 'aide' ELSE 'teacher' END, s.source_id,
        'staff'
    FROM staff t JOIN staff_post p ON p.district_id = t.district_id AND p.staff_id = t.id JOIN school s USING (school_id)
    WHERE t.district_id = {district} AND t.withdrawn_on IS NULL AND p.class_id IS NULL AND (p.ends_on IS NULL OR p.ends_on >= {today})
    UNION
    SELECT t.source_id, lower(min(a.relation)),
        (SELECT min(s.source_id) FROM school s WHERE s.district_id = {district} AND s.withdrawn_on IS NULL), 'guardian'
    FROM guardian t JOIN guardianship a ON a.district_id = t.district_id AND a.guardian_id = t.id AND a.withdrawn_on IS NULL
    WHERE t.district_id = {district} AND t.withdrawn_on IS NULL GROUP BY t.source_id) h
WHERE {partial_roles} AND h."user" IN (SELECT source_id FROM in_user)
  AND NOT EXISTS (SELECT FROM in_role r WHERE r."user" = h."user" AND r.role = h.role AND r.org = h.org);

INSERT INTO gone (line, file, source_id, role, good)
SELECT min(line), 'users.csv', "user", kind, true
FROM (SELECT line, "user", ends_on, CASE WHEN role = 'student' THEN 'student' WHEN role IN ('parent', 'guardian', 'relative') THEN 'guardian'
          ELSE 'staff' END AS kind
      FROM in_role WHERE good AND "user" IN (SELECT source_id FROM stored_person)) r
WHERE {partial_roles} GROUP BY "user", kind HAVING bool_and(coalesce(ends_on < {today}, false));
ANALYZE in_user;
