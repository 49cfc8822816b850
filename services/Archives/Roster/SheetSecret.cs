using HomeSchool.ServiceDefaults.Keys;

namespace HomeSchool.Archives.Roster;

/// <summary>
/// The key of the ids that rows of a Chinese roster sheet get where the sheet has none that may be kept: without it nobody finds the ID
/// card number behind one by trying them all.
/// </summary>
/// <param name="Key">32 bytes.</param>
internal sealed record SheetSecret(byte[] Key)
{
    /// <summary>Derives it.</summary>
    public static SheetSecret From(IConfiguration configuration) => new(MasterKey.From(configuration).Derive("archives/roster-sheet"));
}
