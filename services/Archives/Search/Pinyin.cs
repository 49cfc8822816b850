namespace HomeSchool.Archives.Search;

/// <summary>
/// How Han characters are read, without tones, as <c>pinyin.txt</c> has it: each by itself, since names are no words. A character
/// that is read differently in names (单 shan, 曾 zeng) has several readings.
/// </summary>
internal static class Pinyin
{
    // The block CJK Unified Ideographs. A few rare characters outside of it are found as they are written.
    private const char First = '一';
    private const char Last = '\u9fff';

    private static readonly string[]?[] Readings = Load();

    /// <summary>The readings of a character, the usual one first; empty when it is not Han.</summary>
    public static ReadOnlySpan<string> Of(char character) =>
        character is >= First and <= Last ? Readings[character - First] : [];

    private static string[]?[] Load()
    {
        var readings = new string[]?[Last - First + 1];
        using var reader = new StreamReader(typeof(Pinyin).Assembly.GetManifestResourceStream("pinyin.txt")!);
        while (reader.ReadLine() is { } line)
        {
            if (line[0] == '#')
                continue;
            var space = line.IndexOf(' ', StringComparison.Ordinal);
            var syllable = SearchKeys.Normalise(line[..space]);
            string[] alone = [syllable]; // shared by all characters that are read so, and in no other way
            foreach (var character in line.AsSpan(space + 1))
            {
                ref var known = ref readings[character - First];
                known = known is null ? alone : [.. known, syllable];
            }
        }

        return readings;
    }
}
