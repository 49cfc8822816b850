using System.Text.Json;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.Visits.Appointments;
using HomeSchool.Visits.Outlines;
using HomeSchool.Visits.Policies;
using HomeSchool.Visits.Roster;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace HomeSchool.Visits.Records;

/// <summary>What preparing, starting and completing a visit is decided by, beside the visit: read in one statement.</summary>
/// <param name="Policy">The policy in force at the school.</param>
/// <param name="OutlineMissing">What the outline lacks of its mandatory part; <see langword="null"/> when there is no
/// outline.</param>
/// <param name="FamilyAsked">Whether the family has said what it wants to ask, be it nothing.</param>
/// <param name="Term">The term that the visit counts in.</param>
internal sealed record RecordFacts(RecordPolicy Policy, IReadOnlyList<string>? OutlineMissing, bool FamilyAsked, Term? Term)
{
    private const string Sql =
        """
        SELECT (SELECT settings FROM policy WHERE node_id IN ($1, $2) ORDER BY node_id = $1 DESC LIMIT 1),
            (SELECT missing FROM visit_outline WHERE school_id = $1 AND visit_id = $3),
            EXISTS (SELECT FROM visit_question WHERE school_id = $1 AND visit_id = $3),
            term.starts_on, term.ends_on, term.teaching_weeks
        FROM (VALUES ($4)) AS counts_in (term_id) LEFT JOIN term ON term.id = counts_in.term_id
        """;

    /// <summary>Reads, within the command's transaction.</summary>
    public static async Task<RecordFacts> ReadAsync(VisitsDb db, Visit visit, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(Sql, (NpgsqlConnection)db.Database.GetDbConnection());
        foreach (var id in (Guid[])[visit.SchoolId, visit.DistrictId, visit.Id, visit.TermId])
            command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = id });
        await using var row = await command.ExecuteReaderAsync(cancel);
        await row.ReadAsync(cancel);
        var policy = row.IsDBNull(0) ? null : JsonSerializer.Deserialize<VisitPolicy>(row.GetString(0), Json.Options);
        return new RecordFacts(
            policy?.Records ?? new RecordPolicy(),
            row.IsDBNull(1) ? null : row.GetFieldValue<string[]>(1),
            row.GetBoolean(2),
            row.IsDBNull(3) ? null : new Term
            {
                StartsOn = row.GetFieldValue<DateOnly>(3),
                EndsOn = row.GetFieldValue<DateOnly>(4),
                TeachingWeeks = row.GetInt32(5),
            });
    }

    /// <summary>What of the outline's mandatory part nobody has written (VIS-7).</summary>
    public IReadOnlyList<string> Missing =>
        [.. (OutlineMissing ?? OutlineContent.Mandatory).Where(part => part != OutlineContent.QuestionsPart || !FamilyAsked)];

    /// <summary>Why a visit cannot start (VIS-7): its outline lacks something, and it is no emergency.</summary>
    public Problem? OutlineRefusal(Visit visit) =>
        visit.Kind == Contracts.Visits.VisitKind.Emergency || !Policy.OutlineRequired || Missing is not { Count: > 0 } missing
            ? null
            : new Problem(OutlineFailures.OutlineMissing, [.. missing.Select(part => OutlineFailures.Of(part).At(part))]);

    /// <summary>Whether a day is in the closing weeks of its term (VIS-2, VIS-16).</summary>
    public bool IsClosing(DateOnly day) => Term?.WeekOf(day) >= Policy.ClosingFromWeek;
}
