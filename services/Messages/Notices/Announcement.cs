namespace HomeSchool.Messages.Notices;

/// <summary>
/// The newest that families were told of something that another service arranges: what comes later with a lower version is old news,
/// and told to nobody.
/// </summary>
public sealed class Announcement
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>What was told of: a visit, a meeting.</summary>
    public Guid AboutId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The version that was told.</summary>
    public long Version { get; init; }
}
