using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using HomeSchool.ServiceDefaults.Keys;

namespace HomeSchool.ServiceDefaults.Leaving;

/// <summary>A sealed value as it leaves: opened, with the students whom it is about, or erased.</summary>
/// <param name="About">The students: destroying the key of any of them erases the text, there as here.</param>
/// <param name="Text">The text; <see langword="null"/> when it is erased.</param>
internal sealed record SealedText(IReadOnlyList<Guid> About, string? Text)
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Opens a value. Whom it is about, it says itself: it is sealed under exactly their keys.</summary>
    public static async Task<SealedText> OpenAsync(
        KeyVault vault, Guid district, Place place, byte[] value, CancellationToken cancel)
    {
        var text = await vault.OpenAsync(district, place, value, cancel);
        try
        {
            return new SealedText(SealedValue.KeysOf(value), text is null ? null : Strict.GetString(text));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(text);
        }
    }

    /// <summary>Seals it under the keys of this installation; what is erased stays so.</summary>
    public async Task<byte[]> SealAsync(KeyVault vault, Guid district, Guid? school, Place place, CancellationToken cancel)
    {
        var value = Text is null ? null
            : await vault.SealAsync(new Subject(district, school, About), place, Strict.GetBytes(Text), cancel);
        return value ?? SealedValue.Erased(About);
    }

    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteStartArray("about");
        foreach (var student in About)
            json.WriteStringValue(student);
        json.WriteEndArray();
        if (Text is null)
            json.WriteBoolean("erased", true);
        else
            json.WriteString("text", Text);
        json.WriteEndObject();
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <returns><see langword="null"/> when it is something else.</returns>
    public static SealedText? Read(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object || !json.TryGetProperty("about", out var about)
            || about.ValueKind != JsonValueKind.Array || about.GetArrayLength() is 0 or > 255)
        {
            return null;
        }

        var students = new List<Guid>();
        foreach (var student in about.EnumerateArray())
        {
            if (student.ValueKind != JsonValueKind.String || !student.TryGetGuid(out var id))
                return null;
            students.Add(id);
        }

        return json.TryGetProperty("text", out var text) && text.ValueKind == JsonValueKind.String
                ? new SealedText(students, text.GetString())
            : json.TryGetProperty("erased", out var erased) && erased.ValueKind == JsonValueKind.True
                ? new SealedText(students, null)
            : null;
    }
}
