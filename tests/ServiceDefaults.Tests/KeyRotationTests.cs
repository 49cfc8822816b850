using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using HomeSchool.ServiceDefaults.Keys;

namespace HomeSchool.ServiceDefaults.Tests;

/// <summary>Keys are replaced while reads and writes go on, and nothing becomes unreadable but what was erased.</summary>
[Trait("Rule", "ARC-7")]
[UnsupportedOSPlatform("windows")]
public sealed class KeyRotationTests : IAsyncLifetime
{
    private static readonly byte[] Text = [1, 2, 3];

    private readonly KeyStoreFixture keys = new();
    private readonly Guid district = Guid.CreateVersion7();
    private readonly Place place = new("probe.note", "text", Guid.CreateVersion7());

    private static IKeyProvider Old => KeyStoreFixture.Secret(KeyStoreFixture.OldSecret);

    private static IKeyProvider New => KeyStoreFixture.Secret(KeyStoreFixture.NewSecret);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => keys.InitializeAsync();

    public ValueTask DisposeAsync() => keys.DisposeAsync();

    [Fact]
    public async Task The_master_key_is_replaced_while_reads_and_writes_go_on()
    {
        var written = await WhileWorkingAsync(async () =>
        {
            await keys.Vault(null, Old, New).RotateMasterAsync(Cancel);
            await keys.Vault(null, New, Old).RotateMasterAsync(Cancel);
            await keys.Vault(null, Old, New).RotateMasterAsync(Cancel);
        });

        var after = keys.Vault(null, New);
        foreach (var value in written)
            (await after.OpenAsync(district, place, value, Cancel)).ShouldBe(Text);
        (await keys.ScalarAsync<long>("SELECT count(*) FROM wrapping_key WHERE master_key_id <> $1", New.KeyId)).ShouldBe(0);
        await Should.ThrowAsync<InvalidOperationException>(
            async () => await keys.Vault(null, Old).OpenAsync(district, place, written[0], Cancel));
    }

    [Fact]
    public async Task A_schools_key_is_replaced_while_reads_and_writes_go_on_and_erasures_stay()
    {
        var school = Guid.CreateVersion7();
        var erased = Enumerable.Range(0, 20).Select(_ => Guid.CreateVersion7()).ToArray();
        var vault = keys.Vault();
        var values = new List<byte[]>();
        foreach (var student in erased)
            values.Add((await vault.SealAsync(new Subject(district, school, student), place, Text, Cancel))!);
        var before = await keys.ScalarAsync<byte[]>("SELECT wrapped FROM wrapping_key WHERE id = $1", school);

        var written = await WhileWorkingAsync(
            () => Task.WhenAll(
                RepeatAsync(20, _ => keys.Vault().RotateAsync(school, Cancel)),
                RepeatAsync(erased.Length, i => keys.Vault().EraseAsync(district, erased[i], Cancel))),
            school);

        var after = keys.Vault();
        foreach (var value in written)
            (await after.OpenAsync(district, place, value, Cancel)).ShouldBe(Text);
        foreach (var value in values)
            (await after.OpenAsync(district, place, value, Cancel)).ShouldBeNull();
        (await keys.ScalarAsync<byte[]>("SELECT wrapped FROM wrapping_key WHERE id = $1", school)).ShouldNotBe(before);
        (await keys.ScalarAsync<int>("SELECT version FROM wrapping_key WHERE id = $1", school)).ShouldBe(21);
        (await after.RotateAsync(Guid.CreateVersion7(), Cancel)).ShouldBeNull();
    }

    [Fact]
    public async Task A_blind_index_outlives_rotations()
    {
        var index = await keys.Vault().BlindIndexAsync(district, "t", "phone", "13800000000", Cancel);
        (await keys.Vault().RotateAsync(district, Cancel)).ShouldBe(1);
        (await keys.Vault(null, Old, New).RotateMasterAsync(Cancel)).ShouldBe(1);
        (await keys.Vault(null, New).BlindIndexAsync(district, "t", "phone", "13800000000", Cancel)).ShouldBe(index);
    }

    [Fact]
    public async Task An_administrator_rotates_and_erases_by_steps_of_a_service()
    {
        var (school, student) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        var value = (await keys.Vault().SealAsync(new Subject(district, school, student), place, Text, Cancel))!;

        (await keys.StepAsync("rotate-master-key", ("Keys__Wrapping", KeyStoreFixture.NewSecret))).ShouldContain("1 keys");
        (await keys.Vault(null, New).OpenAsync(district, place, value, Cancel)).ShouldBe(Text);
        // A service that lacks the master key does not get as far as to start.
        (await Should.ThrowAsync<InvalidOperationException>(keys.StepAsync("migrate"))).Message.ShouldContain(New.KeyId);
        await keys.StepAsync("migrate", ("Keys__Wrapping", KeyStoreFixture.NewSecret));

        (await keys.StepAsync($"rotate-key {school}", ("Keys__Wrapping", KeyStoreFixture.NewSecret))).ShouldContain("1 keys");
        (await keys.StepAsync($"erase-student {district} {student}", ("Keys__Wrapping", KeyStoreFixture.NewSecret)))
            .ShouldContain("60 s");
        (await keys.Vault(null, New).OpenAsync(district, place, value, Cancel)).ShouldBeNull();
    }

    [Fact]
    public async Task The_master_key_moves_into_a_token_and_never_leaves_it()
    {
        const string Module = "/usr/lib/softhsm/libsofthsm2.so";
        Assert.SkipUnless(File.Exists(Module), "softhsm2 is not installed: apt-get install softhsm2");
        var folder = Directory.CreateTempSubdirectory("homeschool-token-").FullName;
        try
        {
            await File.WriteAllTextAsync(
                Path.Combine(folder, "softhsm2.conf"), $"directories.tokendir = {folder}\nobjectstore.backend = file\n", Cancel);
            // The module reads the environment of the process, which .NET's own copy of it does not change.
            setenv("SOFTHSM2_CONF", Path.Combine(folder, "softhsm2.conf"), 1).ShouldBe(0);
            // softhsm2-util stops at some bytes of a file that is not text.
            await File.WriteAllTextAsync(Path.Combine(folder, "key"), RandomNumberGenerator.GetHexString(32), Cancel);
            await SoftHsmAsync(folder, "--init-token --free --label district --so-pin 123456 --pin 654321");
            await SoftHsmAsync(folder, $"--import {folder}/key --aes --token district --pin 654321 --label master-1 --id 01");

            var token = new Pkcs11Token(Module, "district", "654321");
            var provider = new Pkcs11KeyProvider(token, "master-1");
            var value = (await keys.Vault().SealAsync(
                new Subject(district, null, Guid.CreateVersion7()), place, Text, Cancel))!;
            await keys.Vault(null, Old, provider).RotateMasterAsync(Cancel);
            var after = keys.Vault(null, provider);
            (await after.OpenAsync(district, place, value, Cancel)).ShouldBe(Text);
            (await keys.ScalarAsync<string>("SELECT key_id FROM master")).ShouldBe("pkcs11:master-1");
            await after.SealAsync(new Subject(district, Guid.CreateVersion7(), Guid.CreateVersion7()), place, Text, Cancel);

            byte[] whose = [9];
            var wrapped = provider.Wrap(new byte[32], whose);
            provider.Unwrap(wrapped, whose).ShouldBe(new byte[32]);
            Should.Throw<CryptographicException>(() => provider.Unwrap(wrapped, [8]));
            wrapped[^1] ^= 1;
            Should.Throw<CryptographicException>(() => provider.Unwrap(wrapped, whose));
            Should.Throw<CryptographicException>(() => new Pkcs11KeyProvider(token, "another").Wrap(new byte[32], whose));

            // The same by configuration, in a process of its own.
            await File.WriteAllTextAsync(Path.Combine(folder, "pin"), "654321\n", Cancel);
            File.SetUnixFileMode(Path.Combine(folder, "pin"), UnixFileMode.UserRead);
            (await keys.StepAsync(
                "rotate-master-key", ("SOFTHSM2_CONF", Path.Combine(folder, "softhsm2.conf")), ("Keys__Pkcs11__Library", Module),
                ("Keys__Pkcs11__Token", "district"), ("Keys__Pkcs11__PinFile", Path.Combine(folder, "pin")),
                ("Keys__Pkcs11__Keys", "master-1"))).ShouldContain("0 keys");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [DllImport("libc", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    private static extern int setenv(string name, string value, int overwrite);

    private static async Task SoftHsmAsync(string folder, string arguments)
    {
        var start = new ProcessStartInfo("softhsm2-util", arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["SOFTHSM2_CONF"] = Path.Combine(folder, "softhsm2.conf");
        using var run = Process.Start(start)!;
        var said = await run.StandardOutput.ReadToEndAsync(Cancel) + await run.StandardError.ReadToEndAsync(Cancel);
        await run.WaitForExitAsync(Cancel);
        run.ExitCode.ShouldBe(0, said);
    }

    private static async Task RepeatAsync(int times, Func<int, Task> what)
    {
        for (var i = 0; i < times; i++)
            await what(i);
    }

    // Four processes seal and open, each time with an empty memory, until the work is done.
    private async Task<List<byte[]>> WhileWorkingAsync(Func<Task> work, Guid? school = null)
    {
        var written = new List<byte[]>();
        using var done = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var working = Enumerable.Range(0, 4).Select(_ => Task.Run(
            async () =>
            {
                var mine = new List<byte[]>();
                while (!done.IsCancellationRequested || mine.Count < 10)
                {
                    await using var vault = new KeyVault(keys.Store(), new KeyProviders(Old, New), TimeProvider.System);
                    var about = new Subject(district, school ?? Guid.CreateVersion7(), Guid.CreateVersion7());
                    mine.Add((await vault.SealAsync(about, place, Text, Cancel)).ShouldNotBeNull());
                    await using var reader = new KeyVault(keys.Store(), new KeyProviders(Old, New), TimeProvider.System);
                    (await reader.OpenAsync(district, place, mine[Random.Shared.Next(mine.Count)], Cancel)).ShouldBe(Text);
                }

                lock (written)
                    written.AddRange(mine);
            },
            Cancel)).ToArray();
        await work();
        await done.CancelAsync();
        await Task.WhenAll(working);
        return written;
    }
}
