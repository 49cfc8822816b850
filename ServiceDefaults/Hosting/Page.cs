using System.Buffers.Text;
using System.Text.Json;

namespace HomeSchool.ServiceDefaults.Hosting;

/// <summary>One page of a list in a fixed order. Pages are found by the last key (keyset), so deep pages cost what the first does.</summary>
/// <param name="Items">In the list's order.</param>
/// <param name="Next">Pass it as <c>after</c> to get the next page; <see langword="null"/> on the last.</param>
/// <typeparam name="T">What is listed.</typeparam>
public sealed record Page<T>(IReadOnlyList<T> Items, string? Next);

/// <summary>Makes pages.</summary>
public static class Page
{
    /// <summary>Makes a page from one row more than asked for, whose presence tells that there is a next page.</summary>
    /// <param name="rows">At most <paramref name="size"/> + 1 rows.</param>
    /// <param name="size">The page's size.</param>
    /// <param name="key">The key of a row: the values that the list is ordered by.</param>
    public static Page<T> From<T, TKey>(List<T> rows, int size, Func<T, TKey> key)
    {
        if (rows.Count <= size)
            return new Page<T>(rows, null);
        rows.RemoveRange(size, rows.Count - size);
        return new Page<T>(rows, Cursor.Write(key(rows[^1])));
    }
}

/// <summary>Opaque cursors: the last key as JSON in base64url. They grant nothing; tenancy is checked on every page.</summary>
public static class Cursor
{
    /// <summary>The size of a page when the caller does not say.</summary>
    public const int DefaultSize = 50;

    /// <summary>The largest page.</summary>
    public const int MaximumSize = 500;

    /// <summary>Brings a wish for a page size into 1–500.</summary>
    public static int Size(int? wish) => Math.Clamp(wish ?? DefaultSize, 1, MaximumSize);

    /// <summary>Writes a key.</summary>
    public static string Write<TKey>(TKey key) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(key, Json.Options));

    /// <summary>Reads a key back; <see langword="false"/> for anything this service did not write.</summary>
    public static bool TryRead<TKey>(string? cursor, out TKey? key)
    {
        key = default;
        if (string.IsNullOrEmpty(cursor))
            return true;
        try
        {
            key = JsonSerializer.Deserialize<TKey>(Base64Url.DecodeFromChars(cursor), Json.Options);
            return key is not null;
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            return false;
        }
    }
}
