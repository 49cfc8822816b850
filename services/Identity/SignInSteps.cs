using HomeSchool.ServiceDefaults.Security;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Identity;

/// <summary>The steps of signing in, which the API and the pages go alike: the password, the code, the session.</summary>
internal sealed class SignInSteps(
    IdentityDb db, Passwords passwords, SecondFactors factors, SignInTickets tickets, TimeProvider clock)
{
    /// <summary>Looks at a password.</summary>
    /// <returns>Whose it is, and whether a code is needed too; <see langword="null"/> when it is refused.</returns>
    public async Task<(Account Account, bool NeedsCode)?> ShowPasswordAsync(
        string typedName, string password, HttpContext http, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var userName = Credentials.ReadUserName(typedName) ?? "";
        var mayTry = await CountAttemptAsync(db.Set<Account>().Where(a => a.UserName == userName), now, cancel);
        var account = await db.Set<Account>().SingleOrDefaultAsync(a => a.UserName == userName, cancel);

        // Unknown, wrong and locked all cost one hash: the time tells no more than the answer.
        if (!passwords.Verify(account, password) || !mayTry || account is null)
        {
            db.Audit(http, "SignInRefused", account);
            await db.SaveChangesAsync(cancel);
            return null;
        }

        if (!await factors.IsOnAsync(account.Id, cancel))
        {
            account.SignedIn();
            return (account, false);
        }

        // Forgiving would give whoever has the password five more codes each time.
        await TakeBackAttemptAsync(account.Id, cancel);
        await db.SaveChangesAsync(cancel); // a hash written anew
        return (account, true);
    }

    /// <summary>Looks at the code behind the password.</summary>
    /// <param name="ticket">From the password.</param>
    /// <param name="code">As typed: of the app, or a recovery code.</param>
    /// <param name="http">The request.</param>
    /// <param name="cancel">Gives up.</param>
    /// <returns>Whose it is; <see langword="null"/> when it is refused.</returns>
    public async Task<(Account Account, ShownCode Shown)?> ShowCodeAsync(
        SignInTicket ticket, string code, HttpContext http, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var mayTry = await CountAttemptAsync(db.Set<Account>().Where(a => a.Id == ticket.Account), now, cancel);
        var account = await db.Set<Account>().SingleAsync(a => a.Id == ticket.Account, cancel);
        var shown = mayTry ? await factors.AcceptAsync(account.Id, code, now, cancel) : ShownCode.Wrong;
        if (shown == ShownCode.Wrong)
        {
            db.Audit(http, "SignInCodeRefused", account);
            await db.SaveChangesAsync(cancel);
            return null;
        }

        account.SignedIn();
        return (account, shown);
    }

    /// <summary>Looks at password and code of somebody who is signed in, and wants to change how.</summary>
    /// <param name="caller">Who is signed in.</param>
    /// <param name="password">The password.</param>
    /// <param name="code">The code; <see langword="null"/> where no factor is in force yet.</param>
    /// <param name="action">What is wanted, for the audit of a refusal.</param>
    /// <param name="http">The request.</param>
    /// <param name="cancel">Gives up.</param>
    /// <returns>The account, its failures forgiven but not saved; <see langword="null"/> when something is wrong.</returns>
    public async Task<Account?> ShowAgainAsync(
        Guid caller, string password, string? code, string action, HttpContext http, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var mayTry = await CountAttemptAsync(db.Set<Account>().Where(a => a.Id == caller), now, cancel);
        var account = await db.Set<Account>().SingleAsync(a => a.Id == caller, cancel);
        // The code last: one that came with a wrong password is not used up.
        if (!passwords.Verify(account, password) || !mayTry
            || (code is not null && await factors.AcceptAsync(caller, code, now, cancel) == ShownCode.Wrong))
        {
            db.Audit(http, action + "Refused", account);
            await db.SaveChangesAsync(cancel);
            return null;
        }

        account.SignedIn();
        return account;
    }

    /// <summary>What the audit calls a sign-in with a code.</summary>
    public static string ActionOf(ShownCode shown) => shown == ShownCode.Recovery ? "SignInWithRecoveryCode" : "SignInWithCode";

    /// <summary>The ticket that a code must be shown with.</summary>
    public string TicketFor(Account account, string? device) =>
        tickets.Write(new SignInTicket(account.Id, device), clock.GetUtcNow());

    /// <summary>Reads a ticket; see <see cref="SignInTickets.Read"/>.</summary>
    public SignInTicket? Read(string ticket) => tickets.Read(ticket, clock.GetUtcNow());

    /// <summary>Begins a session, in the current transaction.</summary>
    /// <param name="account">Whose.</param>
    /// <param name="device">As the client calls it.</param>
    /// <param name="action">How somebody signed in, for the audit.</param>
    /// <param name="http">The request.</param>
    /// <param name="cancel">Gives up.</param>
    /// <param name="onPages">See <see cref="Session.OnPages"/>.</param>
    /// <param name="from">The provider's session that it rests on; <see langword="null"/> for a password.</param>
    /// <returns>The session, saved but not committed, and its token.</returns>
    public async Task<(Session Session, string Token)> BeginSessionAsync(
        Account account, string? device, string action, HttpContext http, CancellationToken cancel, bool onPages = false,
        ExternalSession? from = null)
    {
        var now = clock.GetUtcNow();
        // Those that ended a moment ago are still on the list of what was revoked.
        var forgotten = now - Revocations.Kept;
        await db.Set<Session>().Where(s => s.AccountId == account.Id && (s.EndedAt < forgotten || s.ExpiresAt < forgotten))
            .ExecuteDeleteAsync(cancel);
        var (session, token) = Session.Begin(account.Id, device, now, onPages, from);
        db.Add(session);
        db.Audit(http, action, account, session.Id);
        await db.SaveChangesAsync(cancel);
        return (session, token);
    }

    /// <summary>
    /// Counts an attempt as a failure before the password or code is looked at; the right one forgives it
    /// (<see cref="Account.SignedIn"/>). So a hundred guesses at the same time get no more tries than a hundred one after the
    /// other.
    /// </summary>
    /// <returns>Whether there is such an account and it is not locked.</returns>
    public static async Task<bool> CountAttemptAsync(
        IQueryable<Account> account, DateTimeOffset now, CancellationToken cancel)
    {
        var lockEnd = now + Account.LockTime;
        return await account.Where(a => a.LockedUntil == null || a.LockedUntil <= now)
            .ExecuteUpdateAsync(
                set => set
                    .SetProperty(a => a.LockedUntil, a => a.FailedSignIns + 1 < Account.MostFailures ? null : lockEnd)
                    .SetProperty(a => a.FailedSignIns, a => a.FailedSignIns + 1 < Account.MostFailures ? a.FailedSignIns + 1 : 0),
                cancel) == 1;
    }

    // Undoes one CountAttemptAsync and leaves what others counted: an account that is locked now has had one failure too few.
    private Task<int> TakeBackAttemptAsync(Guid account, CancellationToken cancel) =>
        db.Set<Account>().Where(a => a.Id == account).ExecuteUpdateAsync(
            set => set
                .SetProperty(a => a.FailedSignIns, a => a.LockedUntil != null ? Account.MostFailures - 1
                    : a.FailedSignIns > 0 ? a.FailedSignIns - 1 : 0)
                .SetProperty(a => a.LockedUntil, (DateTimeOffset?)null),
            cancel);
}
