namespace HomeSchool.Identity;

/// <summary>Who signs in: one account for all that a person is, a teacher here and a guardian there (ALL-1).</summary>
public sealed class Account
{
    /// <summary>Wrong passwords and codes in a row before the account is locked.</summary>
    public const int MostFailures = 5;

    /// <summary>How long a lock lasts.</summary>
    public static readonly TimeSpan LockTime = TimeSpan.FromMinutes(5);

    /// <summary>The account; <c>sub</c> in tokens.</summary>
    public Guid Id { get; init; }

    /// <summary>The district that first invited it; audit rows about the account itself stand there.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>Phone number, e-mail address or staff number, as <see cref="Credentials"/> reads it; unique in the
    /// installation.</summary>
    public required string UserName { get; init; }

    /// <summary>ASP.NET Core Identity's format: PBKDF2 with its own salt and iteration count. Empty for an account that signs in by a
    /// provider, and for one that came with its district from another installation: nobody signs in until it is taken up
    /// (<see cref="AcceptInvitationFeature"/>).</summary>
    public string PasswordHash { get; set; } = "";

    /// <summary>The language that texts for this person are written in.</summary>
    public DisplayLanguage Language { get; init; }

    /// <summary>Sign-ins that failed since the last that succeeded or locked.</summary>
    public int FailedSignIns { get; private set; }

    /// <summary>No sign-in succeeds before; <see langword="null"/> when it never was locked since the last success.</summary>
    public DateTimeOffset? LockedUntil { get; private set; }

    /// <summary>Grows whenever the account's roles change; <c>pv</c> in tokens.</summary>
    public int PermissionVersion { get; private set; }

    /// <summary>The permission version since the account last lost a role or its second factor: tokens of an earlier one are
    /// void.</summary>
    public int RevokedVersion { get; private set; }

    /// <summary>When it last lost one of these; <see langword="null"/> while it never did.</summary>
    public DateTimeOffset? RevokedAt { get; private set; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Forgives the failures: everything that was asked for was right.</summary>
    public void SignedIn() => (FailedSignIns, LockedUntil) = (0, null);

    /// <summary>Gives the account a role from now on.</summary>
    public RoleGrant Give(HomeSchool.ServiceDefaults.Security.Grant role, DateTimeOffset now)
    {
        PermissionVersion++;
        return RoleGrant.Of(Id, role, now);
    }

    /// <summary>Takes a role back at once: every token issued until now is void.</summary>
    public void Take(RoleGrant role, DateTimeOffset now)
    {
        role.Withdraw(now);
        RevokedVersion = ++PermissionVersion;
        RevokedAt = now;
    }
}

/// <summary>The languages of ALL-3.</summary>
public enum DisplayLanguage
{
    /// <summary>中文.</summary>
    Zh,

    /// <summary>English.</summary>
    En,
}
