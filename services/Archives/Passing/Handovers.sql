-- Opens a handover to each homeroom teacher and deputy of a student who was not that before (ARC-14): by an enrolment or a post that begins
-- with this change. Who comes into the roster for the first time is handed over by nobody.
--
-- $1 district, $2 now; {begun} stands for a query of the ids of the enrolments and posts that begin, with its parameter $3.

WITH begun AS MATERIALIZED ({begun}),
spell AS MATERIALIZED (
    SELECT e.school_id, e.student_id, p.staff_id, p.role, greatest(e.starts_on, p.starts_on) AS starts_on,
        least(e.ends_on, p.ends_on) AS ends_on, b.id IS NOT NULL OR c.id IS NOT NULL AS begins
    FROM enrolment e
        JOIN staff_post p ON p.school_id = e.school_id AND p.class_id = e.class_id
            AND p.role IN ('HomeroomTeacher', 'DeputyHomeroomTeacher')
            AND (p.ends_on IS NULL OR p.ends_on >= e.starts_on) AND (e.ends_on IS NULL OR e.ends_on >= p.starts_on)
        LEFT JOIN begun b ON b.id = e.id
        LEFT JOIN begun c ON c.id = p.id
    WHERE e.district_id = $1 AND p.district_id = $1),
earlier AS (
    SELECT student_id, min(starts_on) AS starts_on FROM enrolment e
    WHERE district_id = $1 AND (ends_on IS NULL OR ends_on >= starts_on) AND id NOT IN (SELECT id FROM begun)
    GROUP BY student_id),
-- Who had the student last, be it yesterday or before a leave.
before AS (
    SELECT student_id, staff_id, starts_on, bool_or(former = staff_id) AS same,
        (array_agg(former ORDER BY role DESC, since DESC))[1] AS former
    FROM (
        SELECT n.student_id, n.staff_id, n.starts_on, s.staff_id AS former, s.role, s.starts_on AS since,
            rank() OVER (PARTITION BY n.student_id, n.staff_id, n.starts_on
                ORDER BY least(s.ends_on, n.starts_on - 1) DESC) AS place
        FROM spell n JOIN spell s
            ON s.student_id = n.student_id AND s.starts_on < n.starts_on AND (s.ends_on IS NULL OR s.ends_on >= s.starts_on)
        WHERE n.begins) r
    WHERE place = 1
    GROUP BY 1, 2, 3)
INSERT INTO handover (district_id, id, school_id, student_id, from_staff_id, to_staff_id, starts_on, opened_at)
SELECT DISTINCT ON (n.student_id, n.staff_id, n.starts_on) $1, uuid_v7(), n.school_id, n.student_id,
    CASE WHEN n.role = 'HomeroomTeacher' THEN b.former END, n.staff_id, n.starts_on, $2
FROM spell n
    JOIN earlier e ON e.student_id = n.student_id AND e.starts_on < n.starts_on
    LEFT JOIN before b ON b.student_id = n.student_id AND b.staff_id = n.staff_id AND b.starts_on = n.starts_on
WHERE n.begins AND b.same IS NOT TRUE
ORDER BY n.student_id, n.staff_id, n.starts_on, n.role DESC
ON CONFLICT DO NOTHING
