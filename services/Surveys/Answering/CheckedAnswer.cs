using System.Text.Json;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.Surveys.Results;
using HomeSchool.Surveys.Rounds;

namespace HomeSchool.Surveys.Answering;

/// <summary>An answer on its way from being checked to being stored; on that way it may still be refused.</summary>
internal sealed class CheckedAnswer(SentAnswer sent)
{
    public SentAnswer Sent { get; } = sent;

    /// <summary>What will be told when the group is on the disk.</summary>
    public required TakenAnswer Outcome { get; set; }

    /// <summary>Whether it is to be stored; then round and invitation are known.</summary>
    public bool IsAccepted => Outcome is { Refused: null, WasTakenBefore: false };

    public Round Round => Outcome.Round!;

    public Invitation Invitation => Outcome.Invitation!;

    /// <summary>The cell that it counts in.</summary>
    public CellKey Cell => new(Invitation.SchoolId, Invitation.RoundId, Invitation.ClassId);

    /// <summary>What was answered, as it is kept.</summary>
    public Dictionary<string, JsonElement> Answers { get; init; } = [];

    /// <summary>What was answered before; <see langword="null"/> for a first answer.</summary>
    public Dictionary<string, JsonElement>? Before { get; set; }

    /// <summary>The answers as they are stored: sealed.</summary>
    public byte[] Content { get; set; } = [];

    /// <summary>What was answered before, sealed as such; empty for a first answer.</summary>
    public byte[] Earlier { get; set; } = [];

    /// <summary>The step of its cell with which results show it.</summary>
    public int Step { get; set; }

    /// <summary>The batch that an anonymous one waits in.</summary>
    public Guid Batch { get; set; }

    /// <summary>The row of an anonymous one.</summary>
    public Guid Row { get; set; }

    public void Refuse(Failure why) => Outcome = Outcome with { Refused = why };
}
