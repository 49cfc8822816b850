namespace HomeSchool.Testing;

/// <summary>A clock whose elapsed time a test moves on; what it says of the hour stays true.</summary>
public sealed class AheadOfTime : TimeProvider
{
    /// <summary>How far it is ahead.</summary>
    public TimeSpan Ahead { get; set; }

    /// <inheritdoc/>
    public override long GetTimestamp() => base.GetTimestamp() + (long)(Ahead.TotalSeconds * TimestampFrequency);
}
