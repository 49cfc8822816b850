using System.Text;

namespace HomeSchool.DemoDistrict.Generator;

/// <summary>A file of comma-separated values as OneRoster has it: UTF-8, RFC 4180, no line breaks in fields.</summary>
/// <param name="to">Where to; closed with the file.</param>
internal sealed class CsvFile(Stream to) : IDisposable
{
    private readonly StreamWriter writer =
        new(to, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), bufferSize: 64 * 1024) { NewLine = "\r\n" };

    /// <summary>Lines written, the header included.</summary>
    public int Rows { get; private set; }

    /// <summary>Writes a line.</summary>
    /// <param name="fields">Free of quotes; lists in one field are separated by commas.</param>
    public void Row(params ReadOnlySpan<string> fields)
    {
        for (var i = 0; i < fields.Length; i++)
        {
            if (i > 0)
                writer.Write(',');
            var quoted = fields[i].Contains(',', StringComparison.Ordinal);
            if (quoted)
                writer.Write('"');
            writer.Write(fields[i]);
            if (quoted)
                writer.Write('"');
        }

        writer.WriteLine();
        Rows++;
    }

    /// <inheritdoc/>
    public void Dispose() => writer.Dispose();
}
