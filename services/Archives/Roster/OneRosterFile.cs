using System.IO.Compression;
using System.Text;
using HomeSchool.ServiceDefaults.Leaving;
using Npgsql;

namespace HomeSchool.Archives.Roster;

/// <summary>
/// The roster as it stands, as a OneRoster 1.1 zip (bulk): what a successor system reads when a district leaves (ALL-10), and
/// what our own import takes. PostgreSQL writes the CSV (<c>OneRoster.sql</c>).
/// </summary>
internal static class OneRosterFile
{
    /// <summary>The file, for the export of a district.</summary>
    public static readonly DistrictFile OfDistrict = new(
        "oneroster-1.1.zip", "the roster as it stands, in OneRoster 1.1 CSV, for any other system", WriteAsync);

    private const string Section = "\n-- # ";

    private static async Task WriteAsync(NpgsqlConnection connection, Guid district, Stream output, CancellationToken cancel)
    {
        // COPY takes no parameters.
        var sql = (await RosterCheck.SqlAsync("OneRoster.sql", cancel))
            .Replace("{district}", $"'{district}'::uuid", StringComparison.Ordinal);
        var sections = sql.Split(Section);
        await using var zip = await ZipArchive.CreateAsync(output, ZipArchiveMode.Create, leaveOpen: true, null, cancel);
        foreach (var section in sections.Skip(1))
        {
            var end = section.IndexOf('\n', StringComparison.Ordinal);
            await using var entry = await zip.CreateEntry(section[..end]).OpenAsync(cancel);
            await using var text = new StreamWriter(entry, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
            using var rows = await connection.BeginTextExportAsync(
                $"COPY ({sections[0]}{section[end..]}) TO STDOUT (FORMAT csv, HEADER)", cancel);
            var chunk = new char[64 * 1024];
            for (int read; (read = await rows.ReadAsync(chunk, cancel)) > 0;)
                await text.WriteAsync(chunk.AsMemory(0, read), cancel);
        }
    }
}
