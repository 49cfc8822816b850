namespace HomeSchool.Insights.Feed;

/// <summary>A public event in the feed (INS-3).</summary>
public sealed class FeedEntry
{
    /// <summary>Its place in the feed: 1, 2, 3, … without a gap, and visible in this order.</summary>
    public long Position { get; init; }

    /// <summary>The district whose readers see it.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The school whose readers see it too; <see langword="null"/> when it concerns the whole district.</summary>
    public Guid? SchoolId { get; init; }

    /// <summary>The CloudEvent as JSON, ready to be sent.</summary>
    public string Event { get; init; } = "";

    /// <summary>When it was recorded; forgotten 7 days later.</summary>
    public DateTimeOffset RecordedAt { get; init; }
}

/// <summary>The end of the feed, one row: whoever writes into the feed holds it until the commit.</summary>
public sealed class FeedHead
{
    /// <summary>Always 1.</summary>
    public int Id { get; init; }

    /// <summary>The position given last.</summary>
    public long Position { get; init; }
}
