using HomeSchool.Contracts.PersonalData;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.PersonalData;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Activities.Suggestions;

/// <summary>What a guardian suggests about an activity, and what the school answers (ACT-7).</summary>
public sealed class Suggestion
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The suggestion.</summary>
    public Guid Id { get; init; }

    /// <summary>The family activity.</summary>
    public Guid ActivityId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The class of the child, whose teachers see it.</summary>
    public Guid? ClassId { get; init; }

    /// <summary>The child.</summary>
    public Guid StudentId { get; init; }

    /// <summary>The guardian.</summary>
    public Guid? GuardianId { get; init; }

    /// <summary>What is suggested, sealed.</summary>
    public required byte[] Content { get; init; }

    /// <summary>When.</summary>
    public DateTimeOffset MadeAt { get; init; }

    /// <summary>The answer, sealed.</summary>
    public byte[]? Answer { get; set; }

    /// <summary>When it was answered.</summary>
    public DateTimeOffset? AnsweredAt { get; set; }

    /// <summary>The column of the suggestion.</summary>
    internal static readonly SealedColumn SealedContent = new("activities.suggestion", "content", "id");

    /// <summary>The column of the answer.</summary>
    internal static readonly SealedColumn SealedAnswer = new("activities.suggestion", "answer", "id");
}

/// <summary>The table of suggestions.</summary>
internal static class SuggestionTables
{
    /// <summary>The sealed columns.</summary>
    public static readonly SealedColumn[] Sealed = [Suggestion.SealedContent, Suggestion.SealedAnswer];

    /// <summary>What a guardian's copy has, and what an erasure takes.</summary>
    public static readonly PersonalTable[] Personal =
    [
        new("suggestion", DataKind.Activities, "对活动的建议", "Suggestions about activities")
        {
            Shown = [new("content", "建议", "Suggestion"), new("answer", "答复", "Answer"), new("made_at", "时间", "At")],
            ShownWhere = "t.guardian_id = $3",
        },
    ];

    public static void Map(ModelBuilder modelBuilder) => modelBuilder.Entity<Suggestion>(suggestion =>
    {
        suggestion.HasKey(s => new { s.SchoolId, s.Id });
        suggestion.HasIndex(s => new { s.SchoolId, s.ActivityId });
        suggestion.HasIndex(s => s.StudentId);
    });
}

/// <summary>How what concerns suggestions is refused.</summary>
internal static class SuggestionFailures
{
    /// <summary>An answer that was given stays as the guardian has read it.</summary>
    public static readonly Failure Answered = new("activities.suggestion-answered", 409,
        "该建议已答复。", "This suggestion is answered already.");
}
