namespace HomeSchool.Archives.Roster;

/// <summary>What <see cref="IRowReader.ReadAsync"/> found on a line.</summary>
internal enum CsvLine
{
    /// <summary>The end of the file.</summary>
    End,

    /// <summary>A line with fields.</summary>
    Fields,

    /// <summary>Nothing, or nothing but commas and spaces, as spreadsheets leave behind.</summary>
    Blank,

    /// <summary>A quote that is not closed on its line, or text behind a closing quote.</summary>
    BadQuote,

    /// <summary>A control character, which no roster needs and PostgreSQL refuses (NUL).</summary>
    BadCharacter,

    /// <summary>More than <see cref="CsvReader.LongestLine"/> characters, or more than <see cref="CsvReader.MostColumns"/>.</summary>
    TooLong,
}

/// <summary>Reads a table line by line, from csv or from a workbook; its memory does not grow with the number of lines.</summary>
internal interface IRowReader : IDisposable
{
    /// <summary>The number of the line read last, from 1, as an editor or a spreadsheet counts.</summary>
    int Line { get; }

    /// <summary>How many fields it has.</summary>
    int Count { get; }

    /// <summary>A field without spaces around it; empty where there is none.</summary>
    ReadOnlySpan<char> this[int index] { get; }

    /// <summary>Reads the next line; its fields are valid until the next call.</summary>
    ValueTask<CsvLine> ReadAsync(CancellationToken cancel);
}
