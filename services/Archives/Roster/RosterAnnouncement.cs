using System.Runtime.CompilerServices;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Archives;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace HomeSchool.Archives.Roster;

/// <summary>
/// Announces what a version of a district's roster changed: the rows that carry it, many in one event. They go to the outbox in the
/// transaction that wrote them. Read through cursors, so that memory does not grow with the roster.
/// </summary>
internal sealed class RosterAnnouncement(ArchivesDb db, Guid district, long version, DateTimeOffset now)
{
    private const int RowsAtATime = 10 * RosterChanged.MostRows;

    private readonly NpgsqlConnection connection = (NpgsqlConnection)db.Database.GetDbConnection();

    public async Task PublishAsync(CancellationToken cancel)
    {
        await PublishAsync(
            "SELECT school_id, name, withdrawn_on FROM school",
            row => new SchoolChanged(district, row.GetGuid(0), version, now, row.GetString(1), Day(row, 2)),
            rows => rows, cancel);
        await PublishAsync(
            "SELECT id, title, starts_on, ends_on, teaching_weeks, withdrawn_on FROM term",
            row => new TermChanged(
                district, row.GetGuid(0), version, now, row.GetString(1), row.GetFieldValue<DateOnly>(2), row.GetFieldValue<DateOnly>(3),
                row.GetInt32(4), Day(row, 5)),
            rows => rows, cancel);
        await PublishAsync(
            "SELECT school_id, id, title, grade, withdrawn_on FROM class",
            row => (School: row.GetGuid(0), Row: new RosterClass(row.GetGuid(1), row.GetString(2), Text(row, 3), Day(row, 4))),
            rows => BySchool(rows, (school, part) => new RosterChanged(district, school, version, now, part, [], [])), cancel);
        await PublishAsync(
            "SELECT school_id, id, student_id, class_id, grade, starts_on, ends_on FROM enrolment",
            row => (School: row.GetGuid(0), Row: new RosterEnrolment(
                row.GetGuid(1), row.GetGuid(2), Id(row, 3), Text(row, 4), row.GetFieldValue<DateOnly>(5), Day(row, 6))),
            rows => BySchool(rows, (school, part) => new RosterChanged(district, school, version, now, [], part, [])), cancel);
        await PublishAsync(
            "SELECT school_id, id, staff_id, class_id, role, subject, starts_on, ends_on FROM staff_post",
            row => (School: row.GetGuid(0), Row: new RosterPost(
                row.GetGuid(1), row.GetGuid(2), Id(row, 3), Enum.Parse<StaffRole>(row.GetString(4)), Text(row, 5),
                row.GetFieldValue<DateOnly>(6), Day(row, 7))),
            rows => BySchool(rows, (school, part) => new RosterChanged(district, school, version, now, [], [], part)), cancel);
        await PublishAsync(
            "SELECT student_id, guardian_id, relation, legal_status, contact_order, withdrawn_on FROM guardianship",
            row => new RosterGuardianship(
                row.GetGuid(0), row.GetGuid(1), Enum.Parse<GuardianRelation>(row.GetString(2)), Enum.Parse<LegalStatus>(row.GetString(3)),
                row.GetInt32(4), Day(row, 5)),
            rows => rows.Chunk(RosterChanged.MostRows).Select(part => new GuardianshipsChanged(district, version, now, part)), cancel);
    }

    private static IEnumerable<IEvent> BySchool<T>(
        IEnumerable<(Guid School, T Row)> rows, Func<Guid, IReadOnlyList<T>, RosterChanged> describe) =>
        from row in rows
        group row.Row by row.School into school
        from part in school.Chunk(RosterChanged.MostRows)
        select describe(school.Key, part);

    private async Task PublishAsync<T>(
        string select, Func<NpgsqlDataReader, T> read, Func<List<T>, IEnumerable<IEvent>> describe, CancellationToken cancel)
    {
        await foreach (var rows in ReadAsync(select, read, cancel))
            await db.PublishAsync([.. describe(rows)], cancel);
    }

    private async IAsyncEnumerable<List<T>> ReadAsync<T>(
        string select, Func<NpgsqlDataReader, T> read, [EnumeratorCancellation] CancellationToken cancel)
    {
        // Named by its table: Npgsql keeps FETCH prepared by its text, and with it the columns that it gave the first time.
        var cursor = "changed_" + select[(select.LastIndexOf(' ') + 1)..];
        await ExecuteAsync(
            $"DECLARE {cursor} CURSOR FOR {select} WHERE district_id = '{district}' AND version = {version} ORDER BY 1", cancel);
        List<T> rows;
        do
        {
            rows = [];
            await using (var fetch = new NpgsqlCommand($"FETCH {RowsAtATime} FROM {cursor}", connection))
            await using (var reader = await fetch.ExecuteReaderAsync(cancel))
            {
                while (await reader.ReadAsync(cancel))
                    rows.Add(read(reader));
            }

            if (rows.Count > 0)
                yield return rows;
        }
        while (rows.Count == RowsAtATime);
        await ExecuteAsync($"CLOSE {cursor}", cancel);
    }

    private async Task ExecuteAsync(string sql, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancel);
    }

    private static Guid? Id(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetGuid(column);

    private static string? Text(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    private static DateOnly? Day(NpgsqlDataReader row, int column) =>
        row.IsDBNull(column) ? null : row.GetFieldValue<DateOnly>(column);
}
