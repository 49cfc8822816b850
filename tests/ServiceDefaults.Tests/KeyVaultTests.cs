using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.Testing;
using Microsoft.Extensions.Configuration;

namespace HomeSchool.ServiceDefaults.Tests;

/// <summary>What is sensitive is ciphertext that opens in its own place only, and not at all once its key is gone.</summary>
[Trait("Rule", "ARC-7")]
[Trait("Goal", "R7")]
[UnsupportedOSPlatform("windows")]
public sealed class KeyVaultTests(KeyStoreFixture keys) : IClassFixture<KeyStoreFixture>
{
    private static readonly byte[] Text = Encoding.UTF8.GetBytes("家里最近有变化 canary-5f1c");

    private readonly Guid district = Guid.CreateVersion7();
    private readonly Guid school = Guid.CreateVersion7();
    private readonly Place place = new("probe.note", "text", Guid.CreateVersion7());

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_sealed_opens_in_every_process_and_does_not_show()
    {
        var about = Student();
        var ciphertext = await SealAsync(keys.Vault(), about);
        ciphertext.AsSpan().IndexOf("canary"u8).ShouldBe(-1);
        (await keys.Vault().OpenAsync(district, place, ciphertext, Cancel)).ShouldBe(Text);
        (await SealAsync(keys.Vault(), about)).ShouldNotBe(ciphertext); // a nonce of its own each time
    }

    [Fact]
    public async Task It_opens_nowhere_else()
    {
        var vault = keys.Vault();
        var about = Student();
        var ciphertext = await SealAsync(vault, about);
        foreach (var elsewhere in new[]
        {
            place with { Row = Guid.CreateVersion7() }, place with { Column = "advice" }, place with { Table = "probe.other" },
            place with { Table = "probe.notet", Column = "ext" },
        })
        {
            await Should.ThrowAsync<CryptographicException>(
                async () => await vault.OpenAsync(district, elsewhere, ciphertext, Cancel));
        }

        await Should.ThrowAsync<CryptographicException>(
            async () => await vault.OpenAsync(Guid.CreateVersion7(), place, ciphertext, Cancel));
    }

    [Fact]
    public async Task Changed_anywhere_it_does_not_open()
    {
        var vault = keys.Vault();
        var ciphertext = await SealAsync(vault, Student());
        for (var i = 0; i < ciphertext.Length; i++)
        {
            var changed = ciphertext.ToArray();
            changed[i] ^= 1;
            var failure = await Record.ExceptionAsync(async () => await vault.OpenAsync(district, place, changed, Cancel));
            (failure is CryptographicException or InvalidOperationException).ShouldBeTrue($"byte {i}: {failure}");
        }

        for (var length = 0; length < ciphertext.Length; length++)
        {
            var cut = ciphertext[..length];
            await Should.ThrowAsync<CryptographicException>(async () => await vault.OpenAsync(district, place, cut, Cancel));
        }
    }

    [Fact]
    public async Task A_wrapped_key_that_is_given_to_another_student_does_not_unwrap()
    {
        var (one, other) = (Student(), Student());
        var ciphertext = await SealAsync(keys.Vault(), one);
        await SealAsync(keys.Vault(), other);
        await keys.ScalarAsync<int>(
            "WITH u AS (UPDATE data_key SET wrapped = (SELECT wrapped FROM data_key WHERE id = $1) WHERE id = $2) SELECT 1",
            other.StudentIds.Single(), one.StudentIds.Single());
        await Should.ThrowAsync<CryptographicException>(
            async () => await keys.Vault().OpenAsync(district, place, ciphertext, Cancel));
    }

    [Fact]
    public async Task Without_its_key_in_the_store_it_says_so_and_another_master_key_is_named()
    {
        var ciphertext = await SealAsync(keys.Vault(), Student());
        ciphertext.AsSpan(2, 16).Fill(7);
        (await Should.ThrowAsync<InvalidOperationException>(
            async () => await keys.Vault().OpenAsync(district, place, ciphertext, Cancel))).Message.ShouldContain("older copy");

        var stranger = keys.Vault(null, KeyStoreFixture.Secret(new string('x', 40)));
        (await Should.ThrowAsync<InvalidOperationException>(async () => await SealAsync(stranger, Student()))).Message
            .ShouldContain(KeyStoreFixture.Secret(KeyStoreFixture.OldSecret).KeyId);
    }

    [Fact]
    public async Task An_erased_students_values_are_unreadable_within_a_minute_everywhere()
    {
        var clock = new StandingClock();
        var (here, there) = (keys.Vault(clock), keys.Vault(clock));
        var about = Student();
        var ciphertext = await SealAsync(here, about);
        (await there.OpenAsync(district, place, ciphertext, Cancel)).ShouldBe(Text);

        (await here.EraseAsync(district, about.StudentIds.Single(), Cancel)).ShouldBeTrue();
        (await here.OpenAsync(district, place, ciphertext, Cancel)).ShouldBeNull();
        (await there.OpenAsync(district, place, ciphertext, Cancel)).ShouldBe(Text); // from memory

        // Reading again and again does not make it last longer.
        for (var i = 0; i < 5; i++)
        {
            clock.Advance(TimeSpan.FromSeconds(12));
            await there.OpenAsync(district, place, ciphertext, Cancel);
        }

        (await there.OpenAsync(district, place, ciphertext, Cancel)).ShouldBeNull();
        (await there.SealAsync(about, place, Text, Cancel)).ShouldBeNull();
        (await here.EraseAsync(district, about.StudentIds.Single(), Cancel)).ShouldBeFalse();
    }

    [Fact]
    public async Task Who_is_erased_before_anything_is_written_gets_no_key_later()
    {
        var vault = keys.Vault();
        var about = Student();
        (await vault.EraseAsync(district, about.StudentIds.Single(), Cancel)).ShouldBeTrue();
        (await vault.SealAsync(about, place, Text, Cancel)).ShouldBeNull();
    }

    [Fact]
    public async Task What_is_about_siblings_is_erased_with_either()
    {
        foreach (var index in new[] { 0, 1 })
        {
            var vault = keys.Vault();
            Guid[] siblings = [Guid.CreateVersion7(), Guid.CreateVersion7()];
            var ciphertext = await SealAsync(vault, new Subject(district, school, siblings));
            (await keys.Vault().OpenAsync(district, place, ciphertext, Cancel)).ShouldBe(Text);
            await vault.EraseAsync(district, siblings[index], Cancel);
            (await vault.OpenAsync(district, place, ciphertext, Cancel)).ShouldBeNull();
        }
    }

    [Fact]
    public async Task Keys_leave_the_memory_after_a_minute_without_anybody_asking()
    {
        var clock = new StandingClock();
        var vault = keys.Vault(clock);
        await SealAsync(vault, Student());
        vault.Cached.ShouldBe(2); // the student's and the school's
        clock.Advance(TimeSpan.FromSeconds(59));
        vault.Cached.ShouldBe(2);
        clock.Advance(TimeSpan.FromSeconds(1));
        vault.Cached.ShouldBe(0);
    }

    [Fact]
    public void A_key_that_leaves_the_memory_is_overwritten()
    {
        using var cache = new KeyCache(new StandingClock());
        var bytes = RandomNumberGenerator.GetBytes(32);
        var kept = cache.Keep(new CachedKey(Guid.CreateVersion7(), bytes, 0));
        bytes.ShouldAllBe(b => b == 0);
        var copy = new byte[32];
        kept.TryCopyTo(copy).ShouldBeTrue();
        copy.ShouldContain(b => b != 0);
        cache.Remove(kept.Id);
        kept.TryCopyTo(new byte[32]).ShouldBeFalse();
    }

    [Fact]
    public async Task With_the_key_in_memory_the_store_is_not_asked()
    {
        await using var store = keys.Store();
        await using var vault = new KeyVault(
            store, new KeyProviders(KeyStoreFixture.Secret(KeyStoreFixture.OldSecret)), TimeProvider.System);
        var about = Student();
        await SealAsync(vault, about);
        await store.DisposeAsync();
        var ciphertext = await SealAsync(vault, about);
        (await vault.OpenAsync(district, place, ciphertext, Cancel)).ShouldBe(Text);
    }

    [Fact]
    public async Task Many_first_uses_at_once_make_one_key()
    {
        var about = Student();
        var sealedValues = await Task.WhenAll(
            Enumerable.Range(0, 16).Select(_ => Task.Run(() => SealAsync(keys.Vault(), about), Cancel)));
        (await keys.ScalarAsync<long>("SELECT count(*) FROM data_key WHERE id = $1", about.StudentIds.Single())).ShouldBe(1);
        var reader = keys.Vault();
        foreach (var value in sealedValues)
            (await reader.OpenAsync(district, place, value, Cancel)).ShouldBe(Text);
    }

    [Fact]
    public async Task Keys_are_made_ahead_and_then_sealing_makes_none()
    {
        var vault = keys.Vault();
        var students = Enumerable.Range(0, 300).Select(_ => Guid.CreateVersion7()).ToArray();
        var sealedBefore = await SealAsync(vault, new Subject(district, school, students[0]));
        await vault.EraseAsync(district, students[1], Cancel);

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => keys.Vault().PrepareAsync(district, school, students, Cancel)));
        (await CountAsync()).ShouldBe(students.Length);
        (await keys.Vault().OpenAsync(district, place, sealedBefore, Cancel)).ShouldBe(Text);
        (await keys.Vault().SealAsync(new Subject(district, school, students[1]), place, Text, Cancel)).ShouldBeNull();

        using var statements = Statements.Count();
        await SealAsync(keys.Vault(), new Subject(district, school, students[2], students[3]));
        statements.RoundTrips.ShouldBe(1);
        (await CountAsync()).ShouldBe(students.Length);

        Task<long> CountAsync() =>
            keys.ScalarAsync<long>("SELECT count(*) FROM data_key WHERE id = ANY ($1)", (object)students);
    }

    [Fact]
    public async Task Keys_that_many_ask_for_at_once_are_fetched_together()
    {
        var writer = keys.Vault();
        var values = new List<byte[]>();
        for (var i = 0; i < 50; i++)
            values.Add(await SealAsync(writer, Student()));

        var reader = keys.Vault();
        using var statements = Statements.Count();
        var texts = await Task.WhenAll(values.Select(value => reader.OpenAsync(district, place, value, Cancel).AsTask()));
        texts.ShouldAllBe(text => text!.SequenceEqual(Text));
        statements.RoundTrips.ShouldBeLessThan(10);
    }

    [Fact]
    public async Task The_keys_of_many_are_fetched_at_once_and_the_erased_stay_erased()
    {
        var writer = keys.Vault();
        var abouts = Enumerable.Range(0, 20).Select(_ => Student()).ToArray();
        var values = new List<byte[]>();
        foreach (var about in abouts)
            values.Add(await SealAsync(writer, about));
        await writer.EraseAsync(district, abouts[3].StudentIds.Single(), Cancel);

        var reader = keys.Vault();
        await reader.FetchAsync(values, Cancel);
        reader.Cached.ShouldBe(abouts.Length - 1 + 1); // all but the erased, and the school's
        for (var i = 0; i < values.Count; i++)
            (await reader.OpenAsync(district, place, values[i], Cancel)).ShouldBe(i == 3 ? null : Text);
    }

    [Fact]
    public async Task A_blind_index_is_equal_for_equal_values_of_one_column_of_one_district()
    {
        var index = await keys.Vault().BlindIndexAsync(district, "t", "phone", "13800000000", Cancel);
        (await keys.Vault().BlindIndexAsync(district, "t", "phone", "13800000000", Cancel)).ShouldBe(index);
        foreach (var (other, table, column, value) in new[]
        {
            (district, "t", "phone", "13800000001"), (district, "t", "id", "13800000000"),
            (district, "u", "phone", "13800000000"), (district, "t", "phone1", "3800000000"),
            (Guid.CreateVersion7(), "t", "phone", "13800000000"),
        })
        {
            (await keys.Vault().BlindIndexAsync(other, table, column, value, Cancel)).ShouldNotBe(index);
        }
    }

    [Theory]
    [InlineData(UnixFileMode.UserRead | UnixFileMode.UserWrite, true)]
    [InlineData(UnixFileMode.UserRead | UnixFileMode.GroupRead, false)]
    [InlineData(UnixFileMode.UserRead | UnixFileMode.OtherRead, false)]
    [InlineData(UnixFileMode.UserRead | UnixFileMode.OtherWrite, false)]
    public void A_master_key_that_others_can_read_is_refused(UnixFileMode mode, bool good)
    {
        var file = Path.Combine(Path.GetTempPath(), "master-" + Guid.CreateVersion7().ToString("N"));
        File.WriteAllText(file, KeyStoreFixture.OldSecret + "\n");
        try
        {
            File.SetUnixFileMode(file, mode);
            var configuration = new ConfigurationBuilder()
                .AddInMemoryCollection([KeyValuePair.Create("Keys:MasterFile", (string?)file)]).Build();
            if (good)
                MasterKey.From(configuration).Derive("x").ShouldBe(MasterKey.Of(KeyStoreFixture.OldSecret).Derive("x"));
            else
                Should.Throw<InvalidOperationException>(() => MasterKey.From(configuration)).Message.ShouldContain("chmod 600");
        }
        finally
        {
            File.Delete(file);
        }
    }

    private Subject Student() => new(district, school, Guid.CreateVersion7());

    private async Task<byte[]> SealAsync(KeyVault vault, Subject about) =>
        (await vault.SealAsync(about, place, Text, Cancel)).ShouldNotBeNull();
}
