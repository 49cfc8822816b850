namespace HomeSchool.Archives.Roster;

/// <summary>
/// Reads CSV (RFC 4180) line by line. OneRoster allows no line break inside a field; holding to that, a missing quote spoils its own
/// line and no other, where a reader that follows a quote over line breaks would lose all rows up to the next quote (ARC-2).
/// The memory it needs is one buffer, whatever the size of the file.
/// </summary>
internal sealed class CsvReader(TextReader text) : IRowReader
{
    /// <summary>Characters on one line at most.</summary>
    public const int LongestLine = 32 * 1024;

    /// <summary>Fields on one line at most.</summary>
    public const int MostColumns = 200;

    private readonly char[] buffer = new char[2 * LongestLine];
    private readonly (int Start, int Length)[] fields = new (int, int)[MostColumns];
    private int start;
    private int end;
    private bool ended;

    /// <inheritdoc/>
    public int Line { get; private set; }

    /// <inheritdoc/>
    public int Count { get; private set; }

    /// <inheritdoc/>
    public ReadOnlySpan<char> this[int index] =>
        (uint)index < (uint)Count ? buffer.AsSpan(fields[index].Start, fields[index].Length).Trim() : [];

    /// <inheritdoc/>
    public async ValueTask<CsvLine> ReadAsync(CancellationToken cancel)
    {
        Count = 0;
        var scanned = 0;
        while (true)
        {
            var unread = buffer.AsSpan(start, end - start);
            var length = unread[scanned..].IndexOfAny('\n', '\r');
            // A '\r' at the end of the buffer may have its '\n' behind it.
            if (length >= 0 && (unread[scanned + length] == '\n' || scanned + length + 1 < unread.Length || ended))
            {
                length += scanned;
                var next = length + (unread[length] == '\r' && length + 1 < unread.Length && unread[length + 1] == '\n' ? 2 : 1);
                var line = start;
                start += next;
                Line++;
                return length > LongestLine ? CsvLine.TooLong : Split(line, length);
            }

            if (ended)
            {
                if (unread.Length == 0)
                    return CsvLine.End;
                var last = start;
                start = end;
                Line++;
                return unread.Length > LongestLine ? CsvLine.TooLong : Split(last, unread.Length);
            }

            if (unread.Length == buffer.Length)
                return await SkipLineAsync(cancel);
            scanned = length >= 0 ? scanned + length : unread.Length;
            await FillAsync(cancel);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => text.Dispose();

    private async ValueTask FillAsync(CancellationToken cancel)
    {
        if (start > 0)
        {
            buffer.AsSpan(start, end - start).CopyTo(buffer);
            end -= start;
            start = 0;
        }

        var read = await text.ReadAsync(buffer.AsMemory(end), cancel);
        ended = read == 0;
        end += read;
    }

    private async ValueTask<CsvLine> SkipLineAsync(CancellationToken cancel)
    {
        int found;
        while ((found = buffer.AsSpan(start, end - start).IndexOfAny('\n', '\r')) < 0 && !ended)
        {
            start = end;
            await FillAsync(cancel);
        }

        Line++;
        if (found < 0)
        {
            start = end;
            return CsvLine.TooLong;
        }

        start += found;
        if (buffer[start++] == '\r')
        {
            if (start == end)
                await FillAsync(cancel);
            if (start < end && buffer[start] == '\n')
                start++;
        }

        return CsvLine.TooLong;
    }

    private CsvLine Split(int from, int length)
    {
        var line = buffer.AsSpan(from, length);
        if (line.ContainsAnyInRange('\0', '\u0008') || line.ContainsAnyInRange('\u000b', '\u001f')
            || line.ContainsAny('\u007f', '\uFFFE')) // the last one is no character, and no text with it can be normalised
            return CsvLine.BadCharacter;
        if (!line.ContainsAnyExcept(", \t\""))
            return CsvLine.Blank;

        var at = 0;
        while (Count < MostColumns)
        {
            if (at < length && line[at] == '"')
            {
                // Quotes inside are doubled; the field is moved together over the quotes that go.
                var written = at;
                var begin = at;
                for (at++; ; at++)
                {
                    var quote = line[at..].IndexOf('"');
                    if (quote < 0)
                        return CsvLine.BadQuote;
                    line.Slice(at, quote).CopyTo(line[written..]);
                    written += quote;
                    at += quote + 1;
                    if (at == length || line[at] != '"')
                        break;
                    line[written++] = '"';
                }

                fields[Count++] = (from + begin, written - begin);
                if (at < length && line[at] != ',')
                    return CsvLine.BadQuote;
            }
            else
            {
                var comma = line[at..].IndexOf(',');
                var width = comma < 0 ? length - at : comma;
                fields[Count++] = (from + at, width);
                at += width;
            }

            if (at == length)
                return CsvLine.Fields;
            at++;
        }

        return CsvLine.TooLong;
    }
}
