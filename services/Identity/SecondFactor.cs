using System.Security.Cryptography;
using System.Text;
using HomeSchool.ServiceDefaults.Keys;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Identity;

/// <summary>
/// What an account shows beside its password: codes of an authenticator app, or one of ten recovery codes when the phone is lost.
/// </summary>
public sealed class SecondFactor
{
    /// <summary>How many recovery codes there are.</summary>
    public const int RecoveryCodeCount = 10;

    /// <summary>
    /// Wrong codes in a row, over all locks, before only a recovery code opens. So a guesser who has the password gets in with a
    /// chance of one in 13,000, however long he goes on.
    /// </summary>
    public const int MostWrongCodes = 25;

    /// <summary>How long a secret waits for its first code.</summary>
    public static readonly TimeSpan EnrolmentTime = TimeSpan.FromMinutes(15);

    /// <summary>Whose; an account has one or none.</summary>
    public Guid AccountId { get; init; }

    /// <summary>The app's secret, encrypted; bound to this row.</summary>
    public required byte[] Secret { get; init; }

    /// <summary>When the secret was made.</summary>
    public DateTimeOffset BegunAt { get; init; }

    /// <summary>In force since then; <see langword="null"/> while no code was shown.</summary>
    public DateTimeOffset? ConfirmedAt { get; init; }

    /// <summary>The step of the newest code that was accepted: it and older ones are accepted no more.</summary>
    public long LastStep { get; init; }

    /// <summary>Wrong codes since the last right one.</summary>
    public int WrongCodes { get; init; }

    /// <summary>SHA-256 of the recovery codes that are left.</summary>
    public byte[][] RecoveryCodes { get; init; } = [];
}

/// <summary>Keeps second factors and checks what is shown. Every change is one statement, so that of many attempts at the same
/// time one succeeds.</summary>
internal sealed class SecondFactors(IdentityDb db, SecondFactorKey key)
{
    /// <summary>The factor in force, if there is one.</summary>
    public Task<SecondFactor?> FindAsync(Guid account, CancellationToken cancel) =>
        InForce(account).AsNoTracking().SingleOrDefaultAsync(cancel);

    /// <summary>Whether a factor is in force.</summary>
    public Task<bool> IsOnAsync(Guid account, CancellationToken cancel) => InForce(account).AnyAsync(cancel);

    /// <summary>Makes a secret, which takes the place of one that waits for its first code.</summary>
    /// <returns><see langword="null"/> when a factor is in force.</returns>
    public async Task<byte[]?> BeginAsync(Guid account, DateTimeOffset now, CancellationToken cancel)
    {
        var secret = Totp.NewSecret();
        var kept = key.Seal(account, secret);
        return await db.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO second_factor (account_id, secret, begun_at, last_step, wrong_codes, recovery_codes)
            VALUES ({account}, {kept}, {now}, 0, 0, ARRAY[]::bytea[])
            ON CONFLICT (account_id) DO UPDATE SET secret = excluded.secret, begun_at = excluded.begun_at
            WHERE second_factor.confirmed_at IS NULL
            """,
            cancel) == 1 ? secret : null;
    }

    /// <summary>The secret that waits for its first code.</summary>
    public async Task<byte[]?> WaitingAsync(Guid account, DateTimeOffset now, CancellationToken cancel) =>
        await Waiting(account, now).AsNoTracking().SingleOrDefaultAsync(cancel) is { } factor
            ? key.Open(account, factor.Secret) : null;

    /// <summary>Puts the secret that waits in force. Guesses are not counted: whoever is asked has seen the secret.</summary>
    /// <returns>The recovery codes; <see langword="null"/> when it is not a code of the secret, or none waits.</returns>
    public async Task<IReadOnlyList<string>?> ConfirmAsync(
        Guid account, string code, DateTimeOffset now, CancellationToken cancel)
    {
        if (await Waiting(account, now).AsNoTracking().SingleOrDefaultAsync(cancel) is not { } factor
            || Totp.Read(code) is not { } digits
            || Totp.FindStep(key.Open(account, factor.Secret), digits, now) is not { } step)
        {
            return null;
        }

        var (codes, hashes) = NewRecoveryCodes();
        return await Waiting(account, now).Where(f => f.Secret == factor.Secret).ExecuteUpdateAsync(
            set => set.SetProperty(f => f.ConfirmedAt, now).SetProperty(f => f.LastStep, step)
                .SetProperty(f => f.RecoveryCodes, hashes),
            cancel) == 1 ? codes : null;
    }

    /// <summary>New recovery codes in the place of all before.</summary>
    public async Task<IReadOnlyList<string>> RenewRecoveryCodesAsync(Guid account, CancellationToken cancel)
    {
        var (codes, hashes) = NewRecoveryCodes();
        await InForce(account).ExecuteUpdateAsync(set => set.SetProperty(f => f.RecoveryCodes, hashes), cancel);
        return codes;
    }

    /// <summary>
    /// Takes the factor from the account, in the current transaction, and ends its sessions but one. Its access tokens are void,
    /// too: roles that need a second factor end with it (<see cref="SecondFactorPolicy"/>).
    /// </summary>
    public async Task RemoveAsync(Guid account, Guid? exceptSession, DateTimeOffset now, CancellationToken cancel)
    {
        await InForce(account).ExecuteDeleteAsync(cancel);
        await db.EndSessionsAsync(account, exceptSession, now, cancel);
        await db.Set<Account>().Where(a => a.Id == account).ExecuteUpdateAsync(
            set => set.SetProperty(a => a.PermissionVersion, a => a.PermissionVersion + 1)
                .SetProperty(a => a.RevokedVersion, a => a.PermissionVersion + 1)
                .SetProperty(a => a.RevokedAt, now),
            cancel);
    }

    /// <summary>Whether a code of the app, or a recovery code, is right; a right one is right once.</summary>
    /// <remarks>Count the attempt before (<see cref="SignInSteps.CountAttemptAsync"/>).</remarks>
    public async Task<ShownCode> AcceptAsync(Guid account, string code, DateTimeOffset now, CancellationToken cancel)
    {
        if (Totp.Read(code) is not { } digits)
        {
            // Too long to guess, so nobody need count.
            var hash = Secrets.HashOfCode(code);
            return await db.Database.ExecuteSqlAsync(
                $"""
                UPDATE second_factor SET recovery_codes = array_remove(recovery_codes, {hash}), wrong_codes = 0
                WHERE account_id = {account} AND confirmed_at IS NOT NULL AND {hash} = ANY (recovery_codes)
                """,
                cancel) == 1 ? ShownCode.Recovery : ShownCode.Wrong;
        }

        // Counted as wrong before it is looked at, as passwords are.
        if (await InForce(account).Where(f => f.WrongCodes < SecondFactor.MostWrongCodes)
                .ExecuteUpdateAsync(set => set.SetProperty(f => f.WrongCodes, f => f.WrongCodes + 1), cancel) == 0
            || await FindAsync(account, cancel) is not { } factor
            || Totp.FindStep(key.Open(account, factor.Secret), digits, now) is not { } step)
        {
            return ShownCode.Wrong;
        }

        return await InForce(account).Where(f => f.LastStep < step).ExecuteUpdateAsync(
            set => set.SetProperty(f => f.LastStep, step).SetProperty(f => f.WrongCodes, 0), cancel) == 1
            ? ShownCode.App : ShownCode.Wrong;
    }

    private IQueryable<SecondFactor> InForce(Guid account) =>
        db.Set<SecondFactor>().Where(f => f.AccountId == account && f.ConfirmedAt != null);

    private IQueryable<SecondFactor> Waiting(Guid account, DateTimeOffset now)
    {
        var oldest = now - SecondFactor.EnrolmentTime;
        return db.Set<SecondFactor>().Where(f => f.AccountId == account && f.ConfirmedAt == null && f.BegunAt > oldest);
    }

    private static (string[] Codes, byte[][] Hashes) NewRecoveryCodes()
    {
        string[] codes = [.. Enumerable.Range(0, SecondFactor.RecoveryCodeCount).Select(_ => Secrets.NewCode())];
        return (codes, [.. codes.Select(Secrets.HashOfCode)]);
    }
}

/// <summary>What a code turned out to be.</summary>
internal enum ShownCode
{
    /// <summary>Not a code, or used before, or there were too many attempts.</summary>
    Wrong,

    /// <summary>A code of the app.</summary>
    App,

    /// <summary>A recovery code; it is gone now.</summary>
    Recovery,
}

/// <summary>Encrypts the apps' secrets.</summary>
internal sealed class SecondFactorKey(IConfiguration configuration)
{
    private readonly byte[] wrapping = MasterKey.From(configuration).Derive("identity/second-factors");

    /// <summary>Encrypts a secret.</summary>
    public byte[] Seal(Guid account, byte[] secret) => Gcm.Encrypt(wrapping, secret, Place(account));

    /// <summary>Decrypts a secret.</summary>
    /// <exception cref="CryptographicException">The master key is another one, or the row was changed.</exception>
    public byte[] Open(Guid account, byte[] kept) => Gcm.Decrypt(wrapping, kept, Place(account));

    // Table, column and row: ciphertext moved to another account does not decrypt.
    private static byte[] Place(Guid account) => Encoding.UTF8.GetBytes($"second_factor/secret/{account:N}");
}
