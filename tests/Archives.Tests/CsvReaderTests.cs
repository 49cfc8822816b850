using HomeSchool.Archives.Roster;

namespace HomeSchool.Archives.Tests;

/// <summary>Lines of csv, as exporters and spreadsheets write them.</summary>
[Trait("Rule", "ARC-2")]
public sealed class CsvReaderTests
{
    [Theory]
    [InlineData("a,b,c", "a|b|c")]
    [InlineData("\"a\",\"b\"", "a|b")]
    [InlineData("\"a,b\",c", "a,b|c")]
    [InlineData("\"say \"\"hi\"\"\",c", "say \"hi\"|c")]
    [InlineData("\"\"\"a\",\"\"", "\"a|")]
    [InlineData(" a , b ", "a|b")]
    [InlineData(",a,", "|a|")]
    [InlineData("5\" nail,b", "5\" nail|b")]
    [InlineData("张,小明", "张|小明")]
    public async Task A_line_is_split_into_its_fields(string line, string fields) =>
        (await ReadAsync(line)).ShouldBe([(CsvLine.Fields, 1, fields)]);

    [Theory]
    [InlineData("a\nb\n")]
    [InlineData("a\r\nb\r\n")]
    [InlineData("a\rb\r")]
    [InlineData("a\nb")]
    public async Task Any_end_of_line_will_do(string text) =>
        (await ReadAsync(text)).ShouldBe([(CsvLine.Fields, 1, "a"), (CsvLine.Fields, 2, "b")]);

    [Theory]
    [InlineData("")]
    [InlineData(",,,")]
    [InlineData("\"\",\"\"")]
    [InlineData("  ")]
    public async Task A_line_without_content_is_blank_and_counts_as_a_line(string blank) =>
        (await ReadAsync($"a\n{blank}\nb")).ShouldBe([(CsvLine.Fields, 1, "a"), (CsvLine.Blank, 2, ""), (CsvLine.Fields, 3, "b")]);

    [Theory]
    [InlineData("\"open,b")]
    [InlineData("a,\"open")]
    [InlineData("\"closed\"more,b")]
    public async Task A_broken_quote_spoils_its_own_line_and_no_other(string broken)
    {
        var read = await ReadAsync($"a,b\n{broken}\nc,d");
        read.Select(line => (line.Kind, line.Number)).ShouldBe([(CsvLine.Fields, 1), (CsvLine.BadQuote, 2), (CsvLine.Fields, 3)]);
    }

    [Theory]
    [InlineData("a\0b")] // no database takes it
    [InlineData("a\uFFFEb")] // no character, and no text with it can be normalised
    public async Task A_character_that_nothing_can_be_done_with_is_refused(string line) =>
        (await ReadAsync($"{line}\nc\td")).Select(read => read.Kind).ShouldBe([CsvLine.BadCharacter, CsvLine.Fields]);

    [Theory]
    [InlineData(CsvReader.LongestLine + 1)]
    [InlineData(2 * CsvReader.LongestLine)]
    [InlineData(2 * CsvReader.LongestLine + 1)]
    [InlineData(1_000_000)]
    public async Task A_line_that_is_too_long_is_passed_over_and_the_next_one_keeps_its_number(int length)
    {
        foreach (var end in new[] { "\n", "\r\n", "\r" })
        {
            (await ReadAsync($"a{end}{new string('x', length)}{end}b")).Select(line => (line.Kind, line.Number))
                .ShouldBe([(CsvLine.Fields, 1), (CsvLine.TooLong, 2), (CsvLine.Fields, 3)]);
        }
    }

    [Fact]
    public async Task A_line_with_too_many_columns_is_passed_over() =>
        (await ReadAsync($"{new string(',', CsvReader.MostColumns)}x\nb")).Select(line => line.Kind)
            .ShouldBe([CsvLine.TooLong, CsvLine.Fields]);

    [Fact]
    public async Task Lines_are_the_same_however_the_text_arrives()
    {
        var random = new Random(1);
        for (var round = 0; round < 300; round++)
        {
            var lines = Enumerable.Range(0, random.Next(1, 30)).Select(_ => string.Concat(Enumerable.Range(0, random.Next(0, 12))
                .Select(_ => "ab,\"张 "[random.Next(6)]))).ToArray();
            var text = string.Join(new[] { "\n", "\r\n", "\r" }[round % 3], lines);
            var whole = await ReadAsync(text);
            using var drops = new DropByDrop(text, random);
            (await ReadAsync(drops)).ShouldBe(whole, text);
        }
    }

    private static async Task<List<(CsvLine Kind, int Number, string Fields)>> ReadAsync(string text)
    {
        using var reader = new StringReader(text);
        return await ReadAsync(reader);
    }

    private static async Task<List<(CsvLine Kind, int Number, string Fields)>> ReadAsync(TextReader text)
    {
        var csv = new CsvReader(text);
        var lines = new List<(CsvLine, int, string)>();
        CsvLine kind;
        while ((kind = await csv.ReadAsync(TestContext.Current.CancellationToken)) != CsvLine.End)
        {
            var fields = kind == CsvLine.Fields ? Enumerable.Range(0, csv.Count).Select(i => csv[i].ToString()) : [];
            lines.Add((kind, csv.Line, string.Join('|', fields)));
        }

        return lines;
    }

    /// <summary>Gives a text in pieces of 1 to 3 characters, as a slow stream may.</summary>
    private sealed class DropByDrop(string text, Random random) : TextReader
    {
        private int at;

        public override ValueTask<int> ReadAsync(Memory<char> buffer, CancellationToken cancellationToken = default)
        {
            var count = Math.Min(random.Next(1, 4), Math.Min(buffer.Length, text.Length - at));
            text.AsSpan(at, count).CopyTo(buffer.Span);
            at += count;
            return ValueTask.FromResult(count);
        }
    }
}
