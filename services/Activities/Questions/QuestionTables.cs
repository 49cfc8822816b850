using HomeSchool.Contracts.PersonalData;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.PersonalData;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Activities.Questions;

/// <summary>What puzzles a guardian in bringing up a child (教育困惑, ACT-2).</summary>
public sealed class Question
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The question.</summary>
    public Guid Id { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The child's class when it was asked.</summary>
    public Guid ClassId { get; init; }

    /// <summary>The child.</summary>
    public Guid StudentId { get; init; }

    /// <summary>Who asked: nobody is shown it, so that nobody is ashamed to ask.</summary>
    public Guid GuardianId { get; init; }

    /// <summary>What was asked, as UTF-8, sealed.</summary>
    public byte[] Content { get; init; } = [];

    /// <summary>When.</summary>
    public DateTimeOffset AskedAt { get; init; }

    /// <summary>The topic that it was merged into; <see langword="null"/> while it is in none.</summary>
    public Guid? TopicId { get; init; }

    /// <summary>The column of the content.</summary>
    internal static readonly SealedColumn SealedContent = new("activities.question", "content", "id");
}

/// <summary>A topic that questions were merged into; families vote which ones parent classes take up (ACT-2, ACT-3).</summary>
public sealed class Topic
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The topic.</summary>
    public Guid Id { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The class whose families vote; <see langword="null"/> for the whole school.</summary>
    public Guid? ClassId { get; init; }

    /// <summary>The topic in the school's words, which tell of no child.</summary>
    public string Title { get; init; } = "";

    /// <summary>The round of the needs survey whose results show the need (ACT-3), as its maker says; Surveys tells who may read them.</summary>
    public Guid? SurveyRoundId { get; init; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset CreatedAt { get; init; }
}

/// <summary>That a guardian votes for a topic: one vote each, whatever number of children.</summary>
public sealed class TopicVote
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The topic.</summary>
    public Guid TopicId { get; init; }

    /// <summary>Who.</summary>
    public Guid GuardianId { get; init; }

    /// <summary>The child by whom the guardian belongs to the school.</summary>
    public Guid StudentId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }
}

/// <summary>The tables of questions and topics.</summary>
internal static class QuestionTables
{
    public static readonly PersonalTable[] Personal =
    [
        new("topic_vote", DataKind.Activities, "对困惑主题的投票", "Votes for topics"),
        new("question", DataKind.Activities, "提出的教育困惑", "Questions asked")
        {
            ShownWhere = "t.guardian_id = $3",
            Shown = [new("content", "困惑", "Question"), new("asked_at", "时间", "Asked at")],
        },
    ];

    public static void Map(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Question>(question =>
        {
            question.HasKey(q => new { q.SchoolId, q.Id });
            question.HasIndex(q => new { q.SchoolId, q.TopicId });
            question.HasIndex(q => q.StudentId);
        });
        modelBuilder.Entity<Topic>(topic =>
        {
            topic.HasKey(t => new { t.SchoolId, t.Id });
            topic.HasIndex(t => t.Id);
        });
        modelBuilder.Entity<TopicVote>(vote =>
        {
            vote.HasKey(v => new { v.SchoolId, v.TopicId, v.GuardianId });
            vote.HasIndex(v => v.StudentId);
        });
    }
}
