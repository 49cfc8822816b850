using System.Runtime.Versioning;
using System.Security.Cryptography;
using HomeSchool.ServiceDefaults.Keys;

namespace HomeSchool.ServiceDefaults.Tests;

/// <summary>A stream of any length is sealed like a value, and nothing of it can be taken away, moved or added.</summary>
[Trait("Rule", "ARC-7")]
[Trait("Goal", "R7")]
[UnsupportedOSPlatform("windows")]
public sealed class SealedStreamTests(KeyStoreFixture keys) : IClassFixture<KeyStoreFixture>
{
    private const int Chunk = ChunkCipher.SealedSize;
    private const int Header = 2 + 16 + 32;

    private readonly Guid district = Guid.CreateVersion7();
    private readonly Guid student = Guid.CreateVersion7();
    private readonly Place place = new("probe.note", "file", Guid.CreateVersion7());

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(ChunkCipher.PlainSize - 1)]
    [InlineData(ChunkCipher.PlainSize)]
    [InlineData(ChunkCipher.PlainSize + 1)]
    [InlineData(3 * ChunkCipher.PlainSize)]
    public async Task Any_length_opens_as_it_was(int length)
    {
        var value = RandomNumberGenerator.GetBytes(length);
        var ciphertext = await SealAsync(value);
        (await OpenAsync(ciphertext)).ShouldBe(value);
        (await SealAsync(value))[^16..].ShouldNotBe(ciphertext[^16..]); // a key of its own each time
    }

    [Fact]
    public async Task Cut_off_reordered_repeated_longer_or_changed_it_does_not_open()
    {
        var ciphertext = await SealAsync(RandomNumberGenerator.GetBytes((2 * ChunkCipher.PlainSize) + 10));
        byte[] first = ciphertext[Header..(Header + Chunk)], second = ciphertext[(Header + Chunk)..(Header + (2 * Chunk))];
        byte[] header = ciphertext[..Header], last = ciphertext[(Header + (2 * Chunk))..];
        byte[][] broken =
        [
            [.. header], [.. header, .. first], [.. header, .. first, .. second], [.. header, .. first, .. second, .. last[..^1]],
            [.. header, .. second, .. first, .. last], [.. header, .. first, .. first, .. last], [.. header, .. second, .. last],
            [.. header, .. first, .. last], [.. header, .. last], [.. ciphertext, 0], [.. ciphertext, .. last],
        ];
        foreach (var bytes in broken)
            await Should.ThrowAsync<CryptographicException>(() => OpenAsync(bytes));
        foreach (var at in new[] { 0, Header - 1, Header, Header + Chunk - 1, Header + Chunk + 5, ciphertext.Length - 1 })
        {
            var changed = ciphertext.ToArray();
            changed[at] ^= 1;
            await Should.ThrowAsync<CryptographicException>(() => OpenAsync(changed));
        }
    }

    [Fact]
    public async Task It_opens_nowhere_else()
    {
        var ciphertext = await SealAsync([1, 2, 3]);
        foreach (var elsewhere in new[]
        {
            place with { Row = Guid.CreateVersion7() }, place with { Column = "other" }, place with { Table = "probe.other" },
        })
        {
            await Should.ThrowAsync<CryptographicException>(() => OpenAsync(ciphertext, elsewhere));
        }

        await Should.ThrowAsync<CryptographicException>(() => OpenAsync(ciphertext, place, Guid.CreateVersion7()));
    }

    [Fact]
    public async Task Erased_it_neither_opens_nor_can_be_sealed()
    {
        var ciphertext = await SealAsync([1, 2, 3]);
        await keys.Vault().EraseAsync(district, student, Cancel);
        (await keys.Vault().OpenAsync(district, place, new MemoryStream(ciphertext), Cancel)).ShouldBeNull();
        using var to = new MemoryStream();
        (await keys.Vault().SealAsync(new Subject(district, null, student), place, new MemoryStream([1]), to, Cancel)).ShouldBeFalse();
        to.Length.ShouldBe(0);
    }

    private async Task<byte[]> SealAsync(byte[] value)
    {
        using var to = new MemoryStream();
        (await keys.Vault().SealAsync(new Subject(district, null, student), place, new MemoryStream(value), to, Cancel)).ShouldBeTrue();
        return to.ToArray();
    }

    private async Task<byte[]> OpenAsync(byte[] ciphertext, Place? at = null, Guid? of = null)
    {
        await using var opened = (await keys.Vault().OpenAsync(of ?? district, at ?? place, new MemoryStream(ciphertext), Cancel))!;
        using var value = new MemoryStream();
        await opened.CopyToAsync(value, Cancel);
        return value.ToArray();
    }
}
