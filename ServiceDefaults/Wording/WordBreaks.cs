using System.Runtime.InteropServices;

namespace HomeSchool.ServiceDefaults.Wording;

/// <summary>
/// Where words begin and end, as ICU's dictionaries say (VIS-14): Chinese has no blanks. .NET loads ICU for its own ends, but
/// offers no word boundaries; this calls the same library.
/// </summary>
public static class WordBreaks
{
    private const int Words = 1;
    private const int Done = -1;

    private static readonly Icu? Library = Icu.Find();

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate nint Open(
        int type, [MarshalAs(UnmanagedType.LPUTF8Str)] string locale, nint text, int length, ref int status);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int Next(nint iterator);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate void Close(nint iterator);

    /// <summary>The places, in UTF-16 units from the begin, where a word begins or ends.</summary>
    /// <returns><see langword="null"/> without ICU: then every place must count as one, since a hint too many does no harm, and a
    /// record that cannot be saved does.</returns>
    public static HashSet<int>? Of(string text)
    {
        if (Library is null)
            return null;
        var copy = Marshal.StringToHGlobalUni(text); // the iterator reads it until it is closed
        try
        {
            var status = 0;
            var iterator = Library.Open(Words, "zh", copy, text.Length, ref status);
            if (status > 0)
                return null;
            var breaks = new HashSet<int> { 0 };
            for (var at = Library.Next(iterator); at != Done; at = Library.Next(iterator))
                breaks.Add(at);
            Library.Close(iterator);
            return breaks;
        }
        finally
        {
            Marshal.FreeHGlobal(copy);
        }
    }

    private sealed record Icu(Open Open, Next Next, Close Close)
    {
        private const int Newest = 99;
        private const int Oldest = 50;

        // Distributions put the version into the names of library and functions; the newest is the one that .NET has loaded.
        public static Icu? Find()
        {
            for (var version = Newest; version >= Oldest; version--)
            {
                if (NativeLibrary.TryLoad($"libicuuc.so.{version}", out var library))
                    return Of(library, $"_{version}");
            }

            return NativeLibrary.TryLoad("icu", out var windows) ? Of(windows, "") : null;
        }

        private static Icu? Of(nint library, string suffix) =>
            NativeLibrary.TryGetExport(library, "ubrk_open" + suffix, out var open)
            && NativeLibrary.TryGetExport(library, "ubrk_next" + suffix, out var next)
            && NativeLibrary.TryGetExport(library, "ubrk_close" + suffix, out var close)
                ? new Icu(
                    Marshal.GetDelegateForFunctionPointer<Open>(open), Marshal.GetDelegateForFunctionPointer<Next>(next),
                    Marshal.GetDelegateForFunctionPointer<Close>(close))
                : null;
    }
}
