using System.Text.Json;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Surveys;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Messaging;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace HomeSchool.Archives.Family;

/// <summary>
/// What a guardian answered in the family intake survey (ARC-3): a layer of its own, dated, beside what the school knows. A later
/// answer of the same guardian replaces it; nothing that the school or a guardian corrected since is overwritten.
/// </summary>
public sealed class FamilyIntakeAnswer
{
    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The school that asked.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The child.</summary>
    public Guid StudentId { get; init; }

    /// <summary>Who answered.</summary>
    public Guid GuardianId { get; init; }

    /// <summary>The answer at Surveys, and the row that it was sealed for.</summary>
    public Guid Id { get; init; }

    /// <summary>The answer's version.</summary>
    public long Version { get; init; }

    /// <summary>When the guardian answered.</summary>
    public DateTimeOffset AnsweredAt { get; init; }

    /// <summary>The answers as Surveys sealed them.</summary>
    public required byte[] Content { get; init; }

    internal static readonly SealedColumn SealedContent = new(FamilyIntake.Table, FamilyIntake.Column, "id");
}

/// <summary>What a guardian said, and when.</summary>
/// <param name="GuardianId">Who.</param>
/// <param name="AnsweredAt">When.</param>
/// <param name="Said">What; <see langword="null"/> when the student's key is destroyed.</param>
public sealed record IntakeBody(Guid GuardianId, DateTimeOffset AnsweredAt, FamilyIntake? Said);

/// <summary>Reads intake answers.</summary>
internal static class FamilyIntakes
{
    /// <summary>What guardians said at the school, the latest first; to a guardian, what that one said.</summary>
    public static async Task<IReadOnlyList<IntakeBody>> IntakesAsync(
        this ArchivesDb db, KeyVault vault, Caller? caller, Enrolment at, CancellationToken cancel)
    {
        var own = caller is null ? null : ChangeGuardian.OwnGuardians(caller, at, Permission.FamilyRead);
        var answers = await db.Set<FamilyIntakeAnswer>().AsNoTracking()
            .Where(answer => answer.SchoolId == at.SchoolId && answer.StudentId == at.StudentId
                && (own == null || own.Contains(answer.GuardianId)))
            .OrderByDescending(answer => answer.AnsweredAt).ThenBy(answer => answer.Id).ToListAsync(cancel);
        var bodies = new List<IntakeBody>(answers.Count);
        foreach (var answer in answers)
        {
            bodies.Add(new IntakeBody(
                answer.GuardianId, answer.AnsweredAt, await OpenAsync(vault, answer.DistrictId, answer.Id, answer.Content, cancel)));
        }

        return bodies;
    }

    /// <summary>Opens an answer; <see langword="null"/> when the student's key is destroyed.</summary>
    internal static async ValueTask<FamilyIntake?> OpenAsync(
        KeyVault vault, Guid district, Guid id, byte[] content, CancellationToken cancel) =>
        await vault.OpenAsync(district, FamilyIntakeAnswer.SealedContent.Of(id), content, cancel) is { } bytes
            ? JsonSerializer.Deserialize<FamilyIntake>(bytes, Json.Options)
            : null;
}

/// <summary>
/// Takes intake answers into the archives (ARC-3), as they were sealed. Of a guardian's answers about a child the latest counts,
/// in whatever order they come. Of an erased student nothing is kept; what cannot be opened or read is parked.
/// </summary>
public sealed class KeepFamilyIntakes(KeyVault vault) : EventConsumer
{
    /// <inheritdoc/>
    public override string Queue => "archives.family-intakes";

    /// <inheritdoc/>
    public override IReadOnlyList<Type> Events { get; } = [typeof(FamilyIntakeAnswered)];

    /// <inheritdoc/>
    public override async Task ApplyAsync(EventBatch batch, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(batch);
        await vault.FetchAsync(batch.Of<FamilyIntakeAnswered>().Select(answer => answer.Content), cancel);
        var rows = new List<FamilyIntakeAnswered>();
        foreach (var answer in batch.Of<FamilyIntakeAnswered>()
            .GroupBy(answer => (answer.SchoolId, answer.StudentId, answer.GuardianId)).OrderBy(group => group.Key)
            .Select(group => group.MaxBy(answer => (answer.OccurredAt, answer.Version))!))
        {
            if (await FamilyIntakes.OpenAsync(vault, answer.DistrictId, answer.AggregateId, answer.Content, cancel) is not null)
                rows.Add(answer);
        }

        if (rows.Count == 0)
            return;
        await using var keep = new NpgsqlCommand(
            """
            INSERT INTO family_intake AS kept
                (district_id, school_id, student_id, guardian_id, id, version, answered_at, content)
            SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8)
            ON CONFLICT (school_id, student_id, guardian_id) DO UPDATE SET
                id = excluded.id, version = excluded.version, answered_at = excluded.answered_at, content = excluded.content
            WHERE (kept.answered_at, kept.version) < (excluded.answered_at, excluded.version)
            """, batch.Connection);
        Give(row => row.DistrictId);
        Give(row => row.SchoolId);
        Give(row => row.StudentId);
        Give(row => row.GuardianId);
        Give(row => row.AggregateId);
        Give(row => row.Version);
        Give(row => row.OccurredAt.ToUniversalTime());
        Give(row => row.Content);
        await keep.ExecuteNonQueryAsync(cancel);

        void Give<T>(Func<FamilyIntakeAnswered, T> column) =>
            keep.Parameters.Add(new NpgsqlParameter<T[]> { TypedValue = [.. rows.Select(column)] });
    }
}
