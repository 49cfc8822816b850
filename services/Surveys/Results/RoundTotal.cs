using System.Text.Json;
using HomeSchool.Contracts.Surveys;
using HomeSchool.ServiceDefaults.Hosting;
using Npgsql;
using NpgsqlTypes;

namespace HomeSchool.Surveys.Results;

/// <summary>
/// The results of a round at a whole school, or in the district: sums of its cells, kept with each step of a cell in the same
/// transaction, so that all levels advance together (SUR-4) and reading them costs the same for ten classes and for ten thousand (SUR-5).
/// </summary>
public sealed class RoundTotal
{
    /// <summary>The school; all zeros for the district.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The round; of visit satisfaction, which has a round in each school, the term.</summary>
    public Guid SeriesId { get; init; }

    /// <summary>Of a school 0. The district has <see cref="Totals.Stripes"/> rows to be added up, each for some of its schools, so that
    /// schools whose cells advance at the same time seldom wait for each other.</summary>
    public int Stripe { get; init; }

    /// <summary>What it is about.</summary>
    public SurveyKind Kind { get; init; }

    /// <summary>The design that was opened; <see langword="null"/> for a ready-made one.</summary>
    public Guid? DesignId { get; init; }

    /// <summary>When it was opened.</summary>
    public DateTimeOffset OpenedAt { get; init; }

    /// <summary>Whether the whole school or district was asked: only such rounds are compared over time.</summary>
    public bool Whole { get; init; }

    /// <summary>Invitations.</summary>
    public int Invited { get; init; }

    /// <summary>Answers that results show.</summary>
    public int Shown { get; init; }

    /// <summary>How often each option was given, as JSON: <c>{"question=option": 5}</c>.</summary>
    public string Counts { get; init; } = "{}";
}

/// <summary>What a step adds to the totals of a round's school and district.</summary>
/// <param name="SchoolId">The school.</param>
/// <param name="RoundId">The round.</param>
/// <param name="Invited">More invitations.</param>
/// <param name="Shown">More answers that results show.</param>
/// <param name="Counts">How much oftener each option was given, as <see cref="RoundTotal.Counts"/>; less often where answers were
/// changed.</param>
internal sealed record TotalStep(Guid SchoolId, Guid RoundId, int Invited = 0, int Shown = 0, string Counts = "{}");

/// <summary>Keeps <see cref="RoundTotal"/>.</summary>
internal static class Totals
{
    /// <summary>In how many rows a district's total is kept.</summary>
    public const int Stripes = 16;

    /// <summary>Adds steps, in the transaction of the cells that took them, after all of these.</summary>
    /// <param name="connection">In a transaction that sees the schools.</param>
    /// <param name="steps">At most one a school and round.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task AddAsync(NpgsqlConnection connection, IEnumerable<TotalStep> steps, CancellationToken cancel)
    {
        // A link sees its school alone: the policy own_work lets this, and nothing else, write the district's rows.
        await using var add = new NpgsqlBatch(connection)
        {
            BatchCommands = { new NpgsqlBatchCommand("SELECT set_config('app.own_work', 'totals', true)") },
        };
        // The district's row before the school's, one stripe after the other: who adds several meets others in one order.
        foreach (var step in steps.OrderBy(step => StripeOf(step.SchoolId)).ThenBy(step => step.SchoolId).ThenBy(step => step.RoundId))
        {
            add.BatchCommands.Add(new NpgsqlBatchCommand(
                """
                INSERT INTO round_total AS t (school_id, district_id, series_id, stripe, kind, design_id, opened_at, whole, invited, shown,
                    counts)
                SELECT node.school_id, r.district_id, coalesce(r.term_id, r.id), node.stripe, r.kind, r.design_id, r.opened_at, node.whole,
                    $4, $5, $6
                FROM survey_round r CROSS JOIN LATERAL (VALUES
                    ('00000000-0000-0000-0000-000000000000'::uuid, $3, r.district_wide),
                    (r.school_id, 0, r.class_id IS NULL AND r.grade IS NULL)) AS node (school_id, stripe, whole)
                WHERE r.school_id = $1 AND r.id = $2
                ORDER BY node.school_id
                ON CONFLICT (school_id, district_id, series_id, stripe) DO UPDATE SET
                    invited = t.invited + excluded.invited, shown = t.shown + excluded.shown,
                    counts = t.counts || coalesce(
                        (SELECT jsonb_object_agg(key, coalesce((t.counts ->> key)::int, 0) + value::int)
                        FROM jsonb_each_text(excluded.counts)), '{}')
                """)
            {
                Parameters =
                {
                    new NpgsqlParameter<Guid> { TypedValue = step.SchoolId },
                    new NpgsqlParameter<Guid> { TypedValue = step.RoundId },
                    new NpgsqlParameter<int> { TypedValue = StripeOf(step.SchoolId) },
                    new NpgsqlParameter<int> { TypedValue = step.Invited },
                    new NpgsqlParameter<int> { TypedValue = step.Shown },
                    new NpgsqlParameter { Value = step.Counts, NpgsqlDbType = NpgsqlDbType.Jsonb },
                },
            });
        }

        await add.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>What a total has counted.</summary>
    public static IEnumerable<OptionCount> Read(string counts) =>
        JsonSerializer.Deserialize<Dictionary<string, int>>(counts, Json.Options)!.Where(count => count.Value > 0).Select(count =>
        {
            var end = count.Key.IndexOf('=', StringComparison.Ordinal); // the id of a question has none
            return new OptionCount(count.Key[..end], count.Key[(end + 1)..], count.Value);
        });

    /// <summary>Counts as a total keeps them.</summary>
    public static string Write(IEnumerable<(string Question, string Option, int Count)> counts) => JsonSerializer.Serialize(
        counts.ToDictionary(count => $"{count.Question}={count.Option}", count => count.Count, StringComparer.Ordinal), Json.Options);

    private static int StripeOf(Guid school) => school.ToByteArray()[^1] % Stripes;
}
