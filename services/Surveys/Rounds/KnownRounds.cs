using System.Collections.Concurrent;
using HomeSchool.Contracts.Surveys;
using HomeSchool.ServiceDefaults.Messaging;
using HomeSchool.Surveys.Definitions;
using Npgsql;

namespace HomeSchool.Surveys.Rounds;

/// <summary>Rounds as answers need them. What they need never changes, so it is read once.</summary>
public sealed class KnownRounds
{
    // Some ten kilobytes each.
    private const int Most = 1_000;

    private readonly ConcurrentDictionary<(Guid School, Guid Id), Round> known = new();

    /// <summary>The rounds of invitations, without their times.</summary>
    internal async Task<IReadOnlyDictionary<(Guid School, Guid Id), Round>> OfAsync(
        NpgsqlConnection connection, IReadOnlyCollection<Invitation> invitations, CancellationToken cancel)
    {
        var wanted = invitations.Select(invitation => (invitation.SchoolId, invitation.RoundId)).Distinct().ToArray();
        var rounds = new Dictionary<(Guid School, Guid Id), Round>(wanted.Length);
        foreach (var one in wanted)
        {
            if (known.TryGetValue(one, out var round))
                rounds.Add(one, round);
        }

        if (rounds.Count == wanted.Length)
            return rounds;
        var missing = wanted.Where(one => !rounds.ContainsKey(one)).ToArray();
        await using var read = new NpgsqlCommand(
            """
            SELECT r.school_id, r.id, r.district_id, r.kind, r.privacy, r.definition, r.smallest_cell
            FROM unnest($1, $2) AS w (school_id, id) JOIN survey_round r ON r.school_id = w.school_id AND r.id = w.id
            """, connection)
            .With(missing.Select(one => one.SchoolId).ToArray()).With(missing.Select(one => one.RoundId).ToArray());
        await using var reader = await read.ExecuteReaderAsync(cancel);
        if (known.Count > Most)
            known.Clear();
        while (await reader.ReadAsync(cancel))
        {
            var round = new Round
            {
                SchoolId = reader.GetGuid(0),
                Id = reader.GetGuid(1),
                DistrictId = reader.GetGuid(2),
                Kind = Enum.Parse<SurveyKind>(reader.GetString(3)),
                Privacy = Enum.Parse<SurveyPrivacy>(reader.GetString(4)),
                Definition = Definition.Read(reader.GetString(5)),
                SmallestCell = reader.GetInt32(6),
            };
            known[(round.SchoolId, round.Id)] = round;
            rounds[(round.SchoolId, round.Id)] = round;
        }

        return rounds;
    }
}
